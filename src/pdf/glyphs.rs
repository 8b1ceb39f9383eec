//! Finds what the fonts cannot show. A PDF/A export refuses such a character, so it is found before the export.

use std::collections::BTreeSet;

use typst::layout::{Frame, FrameItem};
use typst::text::TextItem;
use typst_layout::PagedDocument;

/// The characters of the laid-out document for which no font has a glyph.
pub fn missing(document: &PagedDocument) -> BTreeSet<char> {
    let mut found = BTreeSet::new();
    for page in document.pages() {
        walk(&page.frame, &mut found);
    }
    found
}

fn walk(frame: &Frame, found: &mut BTreeSet<char>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => walk(&group.frame, found),
            FrameItem::Text(text) => missing_in(text, found),
            _ => {}
        }
    }
}

/// A glyph can stand for several characters, such as a letter with its accent: only those without a glyph are taken.
fn missing_in(text: &TextItem, found: &mut BTreeSet<char>) {
    for glyph in text.glyphs.iter().filter(|glyph| glyph.id == 0) {
        let cluster = text.text.get(glyph.range()).unwrap_or_default();
        let unknown: Vec<char> = cluster
            .chars()
            .filter(|&c| text.font.ttf().glyph_index(c).is_none())
            .collect();
        if unknown.is_empty() {
            found.extend(cluster.chars());
        } else {
            found.extend(unknown);
        }
    }
}
