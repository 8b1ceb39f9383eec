//! Where each word of a document stands, measured on the finished pages: nothing leaves the page's margins, and no word
//! reaches into another one, least of all into an amount or a date.

use std::process::Command;

use crate::reader::Page;

/// A word with the box around it, in points from the upper left corner of its page.
#[derive(Clone, Debug)]
pub struct Word {
    page: usize,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    #[expect(dead_code, reason = "told when a test fails")]
    text: String,
}

/// A4, with the margins of the templates.
const LEFT: f64 = 56.7;
const RIGHT: f64 = 595.3 - 56.7;
const TOP: f64 = 18.0 / 25.4 * 72.0;
const BOTTOM: f64 = 841.9 - 24.0 / 25.4 * 72.0;
/// Glyphs may stick out of their own advance by so much.
const SLACK: f64 = 2.0;

impl Word {
    fn is_inside(&self) -> bool {
        self.left >= LEFT - SLACK && self.right <= RIGHT + SLACK && self.top >= TOP - 12.0
    }

    /// Boxes are as high as the font, so lines of tall scripts touch; letters that collide share most of their height.
    fn runs_into(&self, other: &Self) -> bool {
        let shared = |a: (f64, f64), b: (f64, f64)| a.1.min(b.1) - a.0.max(b.0);
        let across = shared((self.left, self.right), (other.left, other.right));
        let down = shared((self.top, self.bottom), (other.top, other.bottom));
        let lower = (self.bottom - self.top).min(other.bottom - other.top);
        self.page == other.page && across > SLACK && down > lower * 0.55
    }
}

impl Page {
    /// Every word of every page.
    pub fn words(&self) -> Vec<Word> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &self.rendered.pdf).unwrap();
        let read = Command::new("pdftotext")
            .arg("-bbox")
            .arg(file.path())
            .arg("-")
            .output()
            .unwrap();
        let text = String::from_utf8(read.stdout).unwrap();
        let mut words = Vec::new();
        let mut page = 0;
        for line in text.lines().map(str::trim) {
            page += usize::from(line.starts_with("<page "));
            words.extend(word(line, page));
        }
        assert!(words.len() > 5, "{text}");
        words
    }

    /// Fails when text leaves its place.
    #[track_caller]
    pub fn keeps_its_places(&self, what: &str) {
        let words = self.words();
        for (index, word) in words.iter().enumerate() {
            assert!(word.is_inside(), "{what}: leaves the page: {word:?}");
            let footer = words.iter().rev().find(|footer| footer.page == word.page).unwrap();
            let in_footer = (word.top - footer.top).abs() < 2.0;
            let above = word.top < BOTTOM && word.bottom < footer.top;
            assert!(in_footer || above, "{what}: reaches the footer: {word:?}");
            if let Some(other) = words[index + 1..].iter().find(|other| word.runs_into(other)) {
                panic!("{what}: {word:?} runs into {other:?}");
            }
        }
    }
}

/// `<word xMin="…" yMin="…" xMax="…" yMax="…">text</word>`
fn word(line: &str, page: usize) -> Option<Word> {
    let line = line.strip_prefix("<word ")?;
    let (places, rest) = line.split_once('>')?;
    let mut numbers = places
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|number| number.parse::<f64>().unwrap());
    Some(Word {
        page,
        left: numbers.next()?,
        top: numbers.next()?,
        right: numbers.next()?,
        bottom: numbers.next()?,
        text: rest.trim_end_matches("</word>").to_owned(),
    })
}
