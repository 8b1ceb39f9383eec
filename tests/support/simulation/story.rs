//! What happened in a run, in the order in which it happened: the transcript of a seed.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

/// Cheap to clone; clones tell one story.
#[derive(Clone, Default)]
pub struct Story {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Story {
    pub fn tell(&self, line: impl Display) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.to_string());
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
