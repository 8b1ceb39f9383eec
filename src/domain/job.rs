//! The periodic jobs by name, as operators see them in `run JOB`, `/api/jobs/` and the metrics.

use crate::domain::words::words;
use chrono::TimeDelta;

words! {
    /// A job that the schedule runs, and that an operator can ask for.
    pub enum Job = "job" {
        /// Sends settled usage to Kill Bill and verifies it there.
        Deliver = "deliver",
        /// Reads the price list from Kill Bill's catalog.
        SyncPrices = "sync-prices",
        /// Mirrors Kill Bill's invoices.
        SyncInvoices = "sync-invoices",
        /// Compares the ledger, Kill Bill's usage and the invoices.
        Reconcile = "reconcile",
        /// Estimates the months from the kept sums, and holds them against Kill Bill's dry run once a day.
        Estimates = "estimates",
        /// Sends invoices by e-mail.
        Mail = "mail",
    }
}

words! {
    /// How a job's last pass went.
    pub enum JobState = "state of a job" {
        NeverRun = "never run",
        Running = "running",
        Ok = "ok",
        Failed = "failed",
    }
}

/// Whether a pass that was due so long ago is late: workers look around once a minute, and a pass may take some.
#[must_use]
pub fn is_late(overdue: TimeDelta) -> bool {
    overdue > TimeDelta::minutes(5)
}
