//! Makes foreign text safe to print: no control characters, direction kept inside the name, long words breakable.
//! Works on the whole data of a document at once, so that no field is forgotten.

use std::collections::BTreeSet;

use serde_json::Value;

const ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';
const BREAK_HERE: char = '\u{200b}';
/// A longer word may not fit its column, so it gets invisible places to break.
const LONG_WORD: usize = 24;
const BREAK_EVERY: usize = 8;

/// Cleans every string of `data`.
pub fn clean(data: &mut Value) {
    each_string(data, &|text| {
        let plain = without_controls(text);
        *text = isolated(&breakable(&plain));
    });
}

/// Puts `stand_in` in the place of each character of `missing`.
pub fn replace(data: &mut Value, missing: &BTreeSet<char>, stand_in: char) {
    each_string(data, &|text| {
        *text = text
            .chars()
            .map(|c| if missing.contains(&c) { stand_in } else { c })
            .collect();
    });
}

fn each_string(value: &mut Value, change: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_string(item, change)),
        Value::Object(fields) => fields.values_mut().for_each(|field| each_string(field, change)),
        _ => {}
    }
}

/// White space becomes a space; controls, direction overrides and characters that PDF/A forbids go.
#[must_use]
pub fn without_controls(text: &str) -> String {
    let spaced = text.chars().filter_map(|c| match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{ad}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{61c}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fdd0}'..='\u{fdef}' => None,
        c if c.is_control() || u32::from(c) & 0xfffe == 0xfffe => None,
        c => Some(c),
    });
    spaced.collect::<String>().trim().to_owned()
}

/// A right-to-left name keeps its own order and does not pull the digits behind it to its other side.
fn isolated(text: &str) -> String {
    if text.chars().any(is_right_to_left) {
        format!("{ISOLATE}{text}{POP_ISOLATE}")
    } else {
        text.to_owned()
    }
}

fn is_right_to_left(c: char) -> bool {
    matches!(u32::from(c), 0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefe | 0x10800..=0x10fff | 0x1e800..=0x1efff)
}

fn breakable(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        if word.chars().count() > LONG_WORD {
            broken(word)
        } else {
            word.into()
        }
    });
    words.collect::<Vec<String>>().join(" ")
}

/// Only between letters and digits that stand alone: a mark stays on its letter, a joined script stays joined.
fn broken(word: &str) -> String {
    let mut text = String::with_capacity(word.len() * 5 / 4);
    let mut since = 0;
    for c in word.chars() {
        if since >= BREAK_EVERY && c.is_alphanumeric() && u32::from(c) < 0x590 {
            text.push(BREAK_HERE);
            since = 0;
        }
        text.push(c);
        since += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn controls_and_direction_overrides_go() {
        assert_eq!(
            without_controls("a\u{0}b\tc\r\n\u{202e}d\u{feff}\u{ffff}\u{7f} "),
            "ab c  d"
        );
    }

    #[test]
    fn right_to_left_names_are_isolated_at_every_depth() {
        let mut data = json!({"a": [{"name": "שלום"}], "b": "plain", "n": 1});
        clean(&mut data);
        assert_eq!(
            data,
            json!({"a": [{"name": "\u{2068}שלום\u{2069}"}], "b": "plain", "n": 1})
        );
    }

    #[test]
    fn long_words_may_break_and_ordinary_ones_stay() {
        let word = "x".repeat(30);
        assert_eq!(breakable(&word).matches(BREAK_HERE).count(), 3);
        assert_eq!(breakable(&word).replace(BREAK_HERE, ""), word);
        assert_eq!(breakable("web-01.example.com"), "web-01.example.com");
    }
}
