//! Reads the invoices of many customers at once: of all whom something is known about, and of the others in turn.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::{StreamExt, stream};

use super::{CustomerSync, InvoiceSync, InvoiceSyncError};
use crate::db::invoices::{self as mirror, Reader};

/// How many customers have their turn in one pass. With fewer, everybody is read in every pass; with more, new invoices
/// come by the tail of Kill Bill's list, and what changes of those that are known comes with its customer's turn.
pub const TURNS: i64 = 1000;
/// Readings in a row that met nothing of Kill Bill's own: it is away, and not one of the customers broken.
const SILENT_IN_A_ROW: usize = 20;
/// Readings at the same time: Kill Bill takes tens of milliseconds for each, most of them for the password.
const CONCURRENT: usize = 4;

/// What a sweep came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct SweepReport {
    pub customers: usize,
    pub failed: usize,
    /// Not read because Kill Bill itself was not there.
    pub skipped: usize,
    /// Not read because it was not their turn.
    pub waiting: usize,
    /// Not read in full for more than a day, although nothing failed: their turns do not come often enough.
    pub overdue: i64,
    #[serde(flatten)]
    pub invoices: CustomerSync,
    /// The first failure's reason.
    pub error: Option<String>,
}

/// How far a sweep is, for a progress bar.
#[derive(Clone, Copy, Debug)]
pub struct SweepProgress {
    pub done: usize,
    pub of: usize,
}

impl InvoiceSync {
    /// Reads the invoices of every customer who has an account and was hinted at, never read, or failed last time, and of
    /// as many others as have their turn.
    ///
    /// # Errors
    /// When the register cannot be read; what fails for a customer is counted in the report.
    pub async fn sweep(
        &self,
        turns: i64,
        progress: impl Fn(SweepProgress) + Sync,
    ) -> Result<SweepReport, InvoiceSyncError> {
        let readers = mirror::to_read(&self.pool, turns, self.clock.now()).await?;
        let of = readers.len();
        let mut report = self.read_all(readers, progress).await;
        let turns = mirror::turns(&self.pool, self.clock.now()).await?;
        report.waiting = usize::try_from(turns.customers).unwrap_or_default().saturating_sub(of);
        report.overdue = turns.overdue;
        Ok(report)
    }

    async fn read_all(&self, readers: Vec<Reader>, progress: impl Fn(SweepProgress) + Sync) -> SweepReport {
        let (of, done, outage) = (readers.len(), AtomicUsize::new(0), AtomicBool::new(false));
        let silent = AtomicUsize::new(0);
        let (done, outage, progress, silent) = (&done, &outage, &progress, &silent);
        let read = async |reader: Reader| {
            if outage.load(Ordering::Relaxed) {
                return None;
            }
            let outcome = self.noted(&reader).await;
            let in_a_row = match &outcome {
                Err(error) if error.is_silence() => silent.fetch_add(1, Ordering::Relaxed) + 1,
                _ => {
                    silent.store(0, Ordering::Relaxed);
                    0
                }
            };
            if in_a_row >= SILENT_IN_A_ROW || outcome.as_ref().is_err_and(InvoiceSyncError::is_outage) {
                outage.store(true, Ordering::Relaxed);
            }
            progress(SweepProgress {
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                of,
            });
            Some(outcome)
        };
        let mut outcomes = stream::iter(readers).map(read).buffer_unordered(CONCURRENT);
        let mut report = SweepReport::default();
        while let Some(outcome) = outcomes.next().await {
            report.add(outcome);
        }
        report
    }
}

impl SweepReport {
    fn add(&mut self, outcome: Option<Result<CustomerSync, InvoiceSyncError>>) {
        match outcome {
            None => self.skipped += 1,
            Some(Ok(one)) => {
                self.customers += 1;
                self.invoices.new += one.new;
                self.invoices.changed += one.changed;
                self.invoices.unchanged += one.unchanged;
                self.invoices.stale += one.stale;
            }
            Some(Err(error)) => {
                self.failed += 1;
                self.error.get_or_insert_with(|| error.to_string());
            }
        }
    }
}
