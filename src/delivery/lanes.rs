//! What this process has compared with Kill Bill itself. Kept in memory on purpose: what a database remembers of it comes
//! back with a restored backup, when it is true no longer.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::month::Month;

/// The months of subscriptions that were seen to agree. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Lanes(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The newest delivery when last looked; None before the first look.
    newest: Option<i64>,
    agreed: HashSet<(i64, Month)>,
}

impl Lanes {
    /// True when the ledger is new to this process: at the first look, and when it has lost deliveries since the last
    /// one, because a backup took its place. Then nothing is known any more.
    pub(super) fn is_new(&self, newest: i64) -> bool {
        let mut known = self.known();
        let is_new = known.newest.is_none_or(|before| newest < before);
        if is_new {
            known.agreed.clear();
        }
        known.newest = Some(newest);
        is_new
    }

    /// A delivery was made in this process.
    pub(super) fn made(&self, delivery_id: i64) {
        let mut known = self.known();
        known.newest = known.newest.max(Some(delivery_id));
    }

    pub(super) fn agree(&self, subscription_id: i64, month: Month) -> bool {
        self.known().agreed.contains(&(subscription_id, month))
    }

    pub(super) fn agreed(&self, subscription_id: i64, month: Month) {
        self.known().agreed.insert((subscription_id, month));
    }

    pub(super) fn forget(&self, subscription_id: i64, month: Month) {
        self.known().agreed.remove(&(subscription_id, month));
    }

    /// Whoever panicked with it in hand left nothing half done.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_that_went_back_in_time_is_not_believed() {
        let (lanes, month) = (Lanes::default(), Month::of("2026-01-01".parse().unwrap()));
        assert!(lanes.is_new(7));
        lanes.agreed(1, month);
        assert!(!lanes.is_new(9) && lanes.agree(1, month));
        assert!(lanes.is_new(8) && !lanes.agree(1, month));
        lanes.made(9);
        assert!(lanes.is_new(8) && !lanes.is_new(8));
    }
}
