//! Estonian, sentence by sentence.

pub(super) const SENTENCES: &[(&str, &str)] = &[];
