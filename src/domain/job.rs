//! The periodic jobs by name, as operators see them in `run JOB`, `/api/jobs/` and the metrics.

use crate::domain::words::words;
use chrono::TimeDelta;

words! {
    /// A job that the schedule runs, and that an operator can ask for, in the order in which they depend on each other.
    pub enum Job = "job" {
        /// Reads the price list from Kill Bill's catalog.
        SyncPrices = "sync-prices",
        /// Sends settled usage to Kill Bill and verifies it there.
        Deliver = "deliver",
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

words! {
    /// What a person may ask of a job.
    pub enum JobAct = "act on a job" {
        Run = "run",
        Pause = "pause",
        Resume = "resume",
    }
}

/// Whether a pass that was due so long ago is late: workers look around once a minute, and a pass may take some.
#[must_use]
pub fn is_late(overdue: TimeDelta) -> bool {
    overdue > TimeDelta::minutes(5)
}
