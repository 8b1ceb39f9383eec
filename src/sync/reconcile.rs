//! Checks mirrored invoices against the ledger and keeps the list of discrepancies. Reads and writes the database only,
//! so it also works while Kill Bill is down.

mod settled;
mod unbilled;
mod unsettled;

use sqlx::PgPool;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::discrepancies::{self, Due};
use crate::db::{evidence, recover};
use crate::domain::reconcile::{InvoiceCheck, Verdict, check};

/// Old invoices looked at again in one pass, beside everything that is new or has changed.
const ROTATION: i64 = 200;

/// What a pass came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ReconcileReport {
    pub checked: usize,
    pub balanced: usize,
    pub discrepant: usize,
    pub pending: usize,
    pub failed: usize,
    /// Units of deliveries that no invoice took up, or will.
    pub unbilled: usize,
    /// Settlements that were posted and stand on no invoice.
    pub settlements_missing: usize,
    /// Settlements that should be posted by now, and customers that nothing can be settled with.
    pub unsettled: usize,
}

/// Checks one invoice and writes the verdict. `None` when there is no such invoice.
///
/// # Errors
/// When the database fails.
pub async fn reconcile_invoice(pool: &PgPool, clock: &Clock, invoice: Uuid) -> sqlx::Result<Option<InvoiceCheck>> {
    match discrepancies::of_uuid(pool, invoice).await? {
        Some(due) => reconcile(pool, clock, &due).await,
        None => Ok(None),
    }
}

/// Checks what is due: new and changed invoices, then some of the others in turn. `progress` hears (done, of).
///
/// # Errors
/// When the list of what is due cannot be read; an invoice that fails is counted and stops nothing.
pub async fn reconcile_all(
    pool: &PgPool,
    clock: &Clock,
    progress: impl Fn(usize, usize),
) -> sqlx::Result<ReconcileReport> {
    let due = discrepancies::due(pool, ROTATION).await?;
    let mut report = ReconcileReport::default();
    for (done, one) in (1..).zip(&due) {
        match reconcile(pool, clock, one).await {
            Ok(checked) => report.add(checked.as_ref()),
            Err(error) => {
                tracing::error!(invoice = %one.uuid, %error, "an invoice could not be checked");
                report.failed += 1;
            }
        }
        progress(done, due.len());
    }
    report.unbilled = unbilled::find_unbilled(pool, clock).await?;
    report.settlements_missing = settled::find_missing(pool, clock).await?;
    report.unsettled = unsettled::find_standing(pool, clock).await?;
    Ok(report)
}

async fn reconcile(pool: &PgPool, clock: &Clock, due: &Due) -> sqlx::Result<Option<InvoiceCheck>> {
    // Tracking ids of a ledger that was lost: the records behind them may have been found again.
    recover::learn(pool, due.id).await?;
    evidence::frame(pool, due.id).await?;
    let Some(facts) = evidence::facts(pool, due.id, None).await? else {
        return Ok(None);
    };
    let outcome = check(&facts);
    discrepancies::settle(pool, due, outcome.verdict, &outcome.findings, clock.now()).await?;
    Ok(Some(outcome))
}

impl ReconcileReport {
    fn add(&mut self, check: Option<&InvoiceCheck>) {
        self.checked += 1;
        match check.map(|check| check.verdict) {
            Some(Verdict::Balanced) => self.balanced += 1,
            Some(Verdict::Discrepant) => self.discrepant += 1,
            Some(Verdict::Pending) | None => self.pending += 1,
        }
    }
}
