//! What a reader of a PDF sees.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::io::Write;
use std::process::{Command, Stdio};

/// The text of a document, without spaces and line breaks.
pub struct Printed {
    text: String,
    raw: String,
}

impl Printed {
    pub fn of(pdf: &[u8]) -> Self {
        let mut reader = Command::new("pdftotext")
            .args(["-raw", "-enc", "UTF-8", "-", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("pdftotext (Debian: poppler-utils) is there");
        reader.stdin.take().unwrap().write_all(pdf).unwrap();
        let raw = String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap();
        Self {
            text: squeezed(&raw),
            raw,
        }
    }

    #[track_caller]
    pub fn shows(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.text.contains(&squeezed(part)), "no {part:?} in:\n{}", self.raw);
        }
    }

    #[track_caller]
    pub fn lacks(&self, parts: &[&str]) {
        for part in parts {
            assert!(!self.text.contains(&squeezed(part)), "{part:?} in:\n{}", self.raw);
        }
    }

    pub fn count(&self, part: &str) -> usize {
        self.text.matches(&squeezed(part)).count()
    }

    #[track_caller]
    pub fn shows_in_order(&self, parts: &[&str]) {
        let mut rest = self.text.as_str();
        for part in parts {
            let place = rest.find(&squeezed(part));
            rest = &rest[place.unwrap_or_else(|| panic!("no {part:?} after the others in:\n{}", self.raw))..];
        }
    }
}

fn squeezed(text: &str) -> String {
    let visible = |c: &char| {
        !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{202a}'..='\u{202e}')
    };
    text.chars().filter(visible).collect()
}
