//! `[settlement]`: which corrections and late hours wait until a person says yes.

use super::section::Section;
use crate::domain::settlement::{Class, Classes};

/// `[settlement]`
#[derive(Clone, Copy, Debug, Default)]
pub struct Settlement {
    /// Classes of corrections and late hours that wait for a person's consent.
    pub approval: Classes,
}

pub(super) fn read(s: &mut Section<'_>) -> Settlement {
    let classes = s.list("approval");
    let known = Class::WORDS.join(", ");
    let read = |word: &String| {
        s.parsed("approval", word, &format!("a list of these: {known}"), |word| {
            word.parse().ok()
        })
    };
    Settlement {
        approval: classes.iter().filter_map(read).collect(),
    }
}
