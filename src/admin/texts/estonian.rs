//! Estonian.

mod sentences;
mod words;

/// English, and the same in Estonian.
pub(super) fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    words::WORDS.iter().chain(sentences::SENTENCES).copied()
}
