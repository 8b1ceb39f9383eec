//! What NodeConductor said about a token, kept under the token's digest for a short time, so that a revoked token ends
//! soon. Requests that come with one token at the same time wait for one answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Latch, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Verdict;
use crate::clock::Clock;

/// Tokens remembered at most. Beyond it, everything that nobody waits for is forgotten.
const MOST: usize = 10_000;

/// The memory itself.
pub(super) struct Kept {
    slots: Latch<HashMap<[u8; 32], Slot>>,
    keep: Duration,
}

type Slot = Arc<Mutex<Option<Told>>>;

/// The last answer about one token.
struct Told {
    verdict: Verdict,
    /// When it was asked, by the service's clock and by one that is never set.
    asked_at: DateTime<Utc>,
    asked: Instant,
    /// When it came, for those who were waiting.
    came: Instant,
}

impl Kept {
    pub(super) fn new(keep: Duration) -> Self {
        Self {
            slots: Latch::default(),
            keep,
        }
    }

    /// What is remembered and still counts, else what `ask` finds out.
    pub(super) async fn or_ask<F: Future<Output = Verdict>>(
        &self,
        key: &str,
        clock: &Clock,
        ask: impl FnOnce() -> F,
    ) -> Verdict {
        let arrived = Instant::now();
        let slot = self.slot(Sha256::digest(key).into());
        let mut told = slot.lock().await;
        if let Some(told) = told.as_ref().filter(|told| self.counts(told, arrived, clock.now())) {
            return told.verdict.clone();
        }
        let (asked_at, asked) = (clock.now(), Instant::now());
        let verdict = ask().await;
        *told = Some(Told {
            verdict: verdict.clone(),
            asked_at,
            asked,
            came: Instant::now(),
        });
        verdict
    }

    /// An answer that came while one was waiting counts whatever it is; later, only a good one, and only for a while.
    fn counts(&self, told: &Told, arrived: Instant, now: DateTime<Utc>) -> bool {
        let age = (now - told.asked_at).to_std();
        // A clock that is set back would make it young again.
        let fresh = age.is_ok_and(|age| age < self.keep) && told.asked.elapsed() < self.keep;
        told.came >= arrived || (fresh && matches!(told.verdict, Verdict::Known(_)))
    }

    fn slot(&self, digest: [u8; 32]) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(&digest) {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(digest).or_default().clone()
    }
}
