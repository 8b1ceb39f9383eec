//! What the parsers say of a wrong value, in Django's words: what would be right. Other texts stay as they are; they are good
//! enough to act on.

pub const INTEGER: &str = "A valid integer is required.";
pub const NUMBER: &str = "A valid number is required.";
const DATE: &str = "Date has wrong format. Use YYYY-MM-DD.";
const SWITCH: &str = "Must be a valid boolean: true or false.";

/// How the texts of the standard library, of chrono and of `rust_decimal` begin.
const WORDS: [(&str, &str); 9] = [
    ("invalid digit found", INTEGER),
    ("number too large", INTEGER),
    ("number too small", INTEGER),
    ("provided string was not `true`", SWITCH),
    ("input contains invalid characters", DATE),
    ("input is out of range", DATE),
    ("premature end of input", DATE),
    ("trailing input", DATE),
    ("no possible date", DATE),
];

/// The text that clients get for `text`.
pub fn of(text: &str) -> &str {
    if text.contains("a Decimal type") {
        return NUMBER;
    }
    let known = WORDS.iter().find(|(begin, _)| text.starts_with(begin));
    known.map_or(text, |(_, words)| words)
}
