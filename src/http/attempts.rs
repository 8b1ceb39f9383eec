//! Tokens that were refused. A refusal is remembered for a moment, so that the same wrong token asks neither the database nor
//! NodeConductor again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// Tokens remembered at most.
const MOST: usize = 10_000;

/// The memory of this process. Cheap to clone; clones share it.
#[derive(Clone)]
pub struct Attempts(Arc<Memory>);

struct Memory {
    tokens: Mutex<HashMap<[u8; 32], Seen>>,
    refused_for: Duration,
}

/// What a token was when it was last looked for.
#[derive(Clone, Copy)]
struct Seen {
    until: Instant,
    /// The words of the refusal.
    refused: &'static str,
}

/// One token that somebody came with.
pub struct Attempt<'m> {
    memory: &'m Memory,
    token: [u8; 32],
    /// The words by which it was refused a moment ago.
    pub refused: Option<&'static str>,
}

impl Attempts {
    /// Refusals are remembered for `refused_for`.
    #[must_use]
    pub fn new(refused_for: Duration) -> Self {
        Self(Arc::new(Memory {
            tokens: Mutex::default(),
            refused_for,
        }))
    }

    /// Somebody comes with `key`.
    #[must_use]
    pub fn begin(&self, key: &str) -> Attempt<'_> {
        let token = Sha256::digest(key).into();
        Attempt {
            memory: &self.0,
            token,
            refused: self.0.refused(&token),
        }
    }
}

impl Attempt<'_> {
    /// It is no good, in these words.
    pub fn bad(self, words: &'static str) {
        self.memory.keep(self.token, words);
    }
}

impl Memory {
    fn refused(&self, token: &[u8; 32]) -> Option<&'static str> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = tokens.get(token).filter(|seen| seen.until > Instant::now());
        seen.map(|seen| seen.refused)
    }

    fn keep(&self, token: [u8; 32], refused: &'static str) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if tokens.len() >= MOST {
            tokens.retain(|_, seen| seen.until > now);
        }
        if tokens.len() >= MOST {
            tokens.clear();
        }
        let until = now + self.refused_for;
        tokens.insert(token, Seen { until, refused });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_remembered_for_a_moment() {
        let attempts = Attempts::new(Duration::from_secs(10));
        assert_eq!(attempts.begin("wrong").refused, None);
        attempts.begin("wrong").bad("Invalid token.");
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(attempts.begin("wrong").refused, Some("Invalid token."));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(attempts.begin("wrong").refused, None);
    }

    #[tokio::test]
    async fn the_memory_is_bounded() {
        let attempts = Attempts::new(Duration::from_mins(1));
        for guess in 0..=MOST {
            attempts.begin(&guess.to_string()).bad("Invalid token.");
        }
        assert!(attempts.0.tokens.lock().unwrap().len() <= MOST);
    }
}
