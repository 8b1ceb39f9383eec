//! Makes foreign text safe to print: no control characters, compatible forms for what no font has, direction kept inside the name,
//! no towers of marks. Works on the whole data of a document at once, so that no field is forgotten. Where a long word may
//! break is up to the templates, which know the width of each column.

use std::collections::BTreeSet;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';
/// More marks than any writing sets on one letter would tower over the lines above.
const MOST_MARKS: usize = 5;

/// Cleans every string of `data`; `has` says whether a font has a character.
pub fn clean(data: &mut Value, has: &impl Fn(char) -> bool) {
    each_string(data, &|text| {
        let plain = without_towers(&without_controls(text));
        *text = isolated(&compatible(&plain, has));
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

/// All characters of `data`.
#[must_use]
pub fn characters(data: &Value) -> BTreeSet<char> {
    match data {
        Value::String(text) => text.chars().collect(),
        Value::Array(items) => items.iter().flat_map(characters).collect(),
        Value::Object(fields) => fields.values().flat_map(characters).collect(),
        _ => BTreeSet::new(),
    }
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

/// `𝐀` and `㋿` in the letters that they stand for, where only those can be shown; and single characters that stand for whole
/// sentences, which would be wider than a column.
fn compatible(text: &str, has: &impl Fn(char) -> bool) -> String {
    let mut changed = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = || std::iter::once(c).nfkc();
        if !c.is_ascii() && (is_phrase(c) || !has(c)) && plain().all(|part| part == ' ' || has(part)) {
            changed.extend(plain());
        } else {
            changed.push(c);
        }
    }
    changed
}

const fn is_phrase(c: char) -> bool {
    matches!(c, '\u{fdf0}'..='\u{fdfb}')
}

fn without_towers(text: &str) -> String {
    let mut marks = 0;
    let kept = text.chars().filter(|&c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        marks <= MOST_MARKS
    });
    kept.collect()
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
        clean(&mut data, &|_| true);
        assert_eq!(
            data,
            json!({"a": [{"name": "\u{2068}שלום\u{2069}"}], "b": "plain", "n": 1})
        );
    }

    #[test]
    fn what_no_font_has_gets_its_compatible_form_and_other_text_stays() {
        let latin = |c: char| u32::from(c) < 0x250;
        assert_eq!(compatible("𝐁𝐢𝐠 Ｌｔｄ ﬁne ½ ｶﾞ", &latin), "Big Ltd fine ½ ｶﾞ");
        assert_eq!(compatible("½ ﬁ", &|_| true), "½ ﬁ");
    }

    #[test]
    fn marks_do_not_tower() {
        let tower = format!("e{}x\u{301}", "\u{301}".repeat(300));
        assert_eq!(
            without_towers(&tower),
            format!("e{}x\u{301}", "\u{301}".repeat(MOST_MARKS))
        );
    }
}
