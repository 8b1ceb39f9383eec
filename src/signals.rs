//! What the parts of one process tell each other: wake a job now, and how Kill Bill last answered.
//! Nothing here is needed for correctness: a job also comes due by itself, and replicas share the table `job`.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::domain::job::Job;

/// Handles shared by the web side and the workers of one process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Signals(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    deliver: Notify,
    sync_prices: Notify,
    sync_invoices: Notify,
    reconcile: Notify,
    estimates: Notify,
    mail: Notify,
    killbill: RwLock<KillbillState>,
}

/// How Kill Bill last answered anything that this process asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KillbillState {
    /// Nothing was asked yet.
    #[default]
    Unknown,
    /// It answered at that instant.
    Reachable { at: DateTime<Utc> },
    /// It has not answered since that instant; `detail` is the last failure.
    Unreachable { since: DateTime<Utc>, detail: String },
}

impl Signals {
    /// Ends the job's current wait. A wake-up while the job runs is kept for its next wait.
    pub fn wake(&self, job: Job) {
        self.bell(job).notify_one();
    }

    /// Waits until the job is woken.
    pub async fn woken(&self, job: Job) {
        self.bell(job).notified().await;
    }

    /// Kill Bill answered.
    pub fn killbill_answered(&self, at: DateTime<Utc>) {
        *self.0.killbill.write().unwrap_or_else(PoisonError::into_inner) = KillbillState::Reachable { at };
    }

    /// Kill Bill did not answer; the first failure's instant is kept while failures go on.
    pub fn killbill_failed(&self, at: DateTime<Utc>, detail: String) {
        let mut state = self.0.killbill.write().unwrap_or_else(PoisonError::into_inner);
        let since = if let KillbillState::Unreachable { since, .. } = &*state {
            *since
        } else {
            at
        };
        *state = KillbillState::Unreachable { since, detail };
    }

    /// How Kill Bill last answered.
    #[must_use]
    pub fn killbill(&self) -> KillbillState {
        self.0.killbill.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn bell(&self, job: Job) -> &Notify {
        match job {
            Job::Deliver => &self.0.deliver,
            Job::SyncPrices => &self.0.sync_prices,
            Job::SyncInvoices => &self.0.sync_invoices,
            Job::Reconcile => &self.0.reconcile,
            Job::Estimates => &self.0.estimates,
            Job::Mail => &self.0.mail,
        }
    }
}
