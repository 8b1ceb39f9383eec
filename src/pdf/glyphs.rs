//! Finds what the fonts cannot show. A PDF/A export refuses such a character, so it is found before the export.

use std::collections::BTreeSet;

use typst::layout::{Frame, FrameItem};
use typst_layout::PagedDocument;

use super::fonts::Fonts;

/// The characters of the laid-out document that cannot be shown.
pub fn missing(document: &PagedDocument, fonts: &Fonts) -> BTreeSet<char> {
    let mut found = BTreeSet::new();
    for page in document.pages() {
        walk(&page.frame, fonts, &mut found);
    }
    found
}

fn walk(frame: &Frame, fonts: &Fonts, found: &mut BTreeSet<char>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => walk(&group.frame, fonts, found),
            FrameItem::Text(text) => {
                for glyph in text.glyphs.iter().filter(|glyph| glyph.id == 0) {
                    found.extend(culprits(
                        text.text.get(glyph.range()).unwrap_or_default(),
                        &text.text,
                        fonts,
                    ));
                }
            }
            _ => {}
        }
    }
}

/// A glyph without a shape can stand for a letter with its accent, or for the letter although only the accent behind
/// it is unknown. So those go first that no font has, then those that the main font lacks, and only then the cluster.
fn culprits(cluster: &str, run: &str, fonts: &Fonts) -> Vec<char> {
    let unless = |text: &str, known: &dyn Fn(char) -> bool| -> Vec<char> {
        text.chars().filter(|&c| !needs_no_glyph(c) && !known(c)).collect()
    };
    let (any, main) = (|c| fonts.has(c), |c| fonts.main_has(c));
    let candidates = [
        unless(cluster, &any),
        unless(run, &any),
        unless(cluster, &main),
        cluster.chars().collect(),
    ];
    candidates
        .into_iter()
        .find(|characters| !characters.is_empty())
        .unwrap_or_default()
}

/// Those of `characters` that no font has.
pub fn absent(characters: &BTreeSet<char>, fonts: &Fonts) -> BTreeSet<char> {
    let is_absent = |c: &char| !needs_no_glyph(*c) && !fonts.has(*c);
    characters.iter().copied().filter(is_absent).collect()
}

fn needs_no_glyph(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}')
}
