//! The periodic jobs by name, as operators see them in `run JOB`, `/api/jobs/` and the metrics.

use std::fmt;

use chrono::TimeDelta;

/// A job that the schedule runs, and that an operator can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// Sends settled usage to Kill Bill and verifies it there.
    Deliver,
    /// Reads the price list from Kill Bill's catalog.
    SyncPrices,
    /// Mirrors Kill Bill's invoices.
    SyncInvoices,
    /// Compares the ledger, Kill Bill's usage and the invoices.
    Reconcile,
    /// Estimates the months from the kept sums, and holds them against Kill Bill's dry run once a day.
    Estimates,
    /// Sends invoices by e-mail.
    Mail,
}

impl Job {
    /// Every job, in the order in which they depend on each other.
    pub const ALL: [Self; 6] = [
        Self::SyncPrices,
        Self::Deliver,
        Self::SyncInvoices,
        Self::Reconcile,
        Self::Estimates,
        Self::Mail,
    ];

    /// The name in commands, paths and the table `job`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::SyncPrices => "sync-prices",
            Self::SyncInvoices => "sync-invoices",
            Self::Reconcile => "reconcile",
            Self::Estimates => "estimates",
            Self::Mail => "mail",
        }
    }

    /// The job of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }
}

/// Whether a pass that was due so long ago is late: workers look around once a minute, and a pass may take some.
#[must_use]
pub fn is_late(overdue: TimeDelta) -> bool {
    overdue > TimeDelta::minutes(5)
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
