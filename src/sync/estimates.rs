//! One pass of the job `estimates`: customers' months whose basis changed are estimated anew, in batches of customers.
//! Reads and writes the database only. `dry_runs` holds the result against Kill Bill's own figures.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::estimates::{self, Due, Fresh};
use crate::db::prices::PriceBook;
use crate::db::timelines::Timelines;
use crate::domain::estimate::{Pricing, rows};
use crate::domain::month::Month;

/// Customers estimated in one transaction.
const BATCH: usize = 100;

/// What a pass came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct EstimateReport {
    /// Months looked at.
    pub months: usize,
    /// Customers' months estimated anew.
    pub estimated: usize,
    /// Estimates that are new or other than before.
    pub written: u64,
}

/// Estimates what is due: of the open month and the two before it, and of one other month in turn.
///
/// # Errors
/// When the database fails; what was written before stays.
pub async fn estimate(pool: &PgPool, clock: &Clock, book: &PriceBook) -> sqlx::Result<EstimateReport> {
    let now = clock.now();
    let mut report = EstimateReport::default();
    let own_days = Timelines::load(pool, book.currency()).await?.allow_own_days();
    for month in chosen(&estimates::months(pool).await?, now) {
        estimate_month(pool, book, (month, own_days), now, &mut report).await?;
    }
    Ok(report)
}

/// In every pass the open month, and the two that Kill Bill still bills late usage for; of all others one in turn.
fn chosen(all: &[Month], now: DateTime<Utc>) -> Vec<Month> {
    let open = Month::containing(now);
    let always = [open, open.before(), open.before().before()];
    let others: Vec<Month> = all.iter().filter(|month| !always.contains(month)).copied().collect();
    let minute = usize::try_from(now.timestamp() / 60).unwrap_or_default();
    // One further in each round: passes that come every few minutes would else meet the same months again and again.
    let round = minute.checked_div(others.len()).unwrap_or_default();
    let turn = (minute + round).checked_rem(others.len()).unwrap_or_default();
    always.into_iter().chain(others.get(turn).copied()).collect()
}

/// Estimates every customer whose basis of `month` changed; `own_days` is a part of it.
///
/// # Errors
/// When the database fails.
pub async fn estimate_month(
    pool: &PgPool,
    book: &PriceBook,
    (month, own_days): (Month, bool),
    now: DateTime<Utc>,
    report: &mut EstimateReport,
) -> sqlx::Result<()> {
    report.months += 1;
    // The basis is read before the prices and the facts: what changes in between is due again.
    let due = estimates::due(pool, own_days, month, now).await?;
    if due.is_empty() {
        return Ok(());
    }
    let timelines = Timelines::load(pool, book.currency()).await?;
    let routing = book.routing(pool).await?;
    let pricing = Pricing::new(&routing, timelines.tenant());
    for batch in due.chunks(BATCH) {
        let fresh = fresh(pool, &timelines, &pricing, month, now, batch).await?;
        report.written += estimates::store(pool, month, batch, &fresh, now).await?;
    }
    report.estimated += due.len();
    Ok(())
}

async fn fresh(
    pool: &PgPool,
    timelines: &Timelines,
    pricing: &Pricing<'_>,
    month: Month,
    now: DateTime<Utc>,
    batch: &[Due],
) -> sqlx::Result<Vec<Fresh>> {
    let customers: Vec<i64> = batch.iter().map(|due| due.customer_id).collect();
    let facts = estimates::facts(pool, timelines, month, now >= month.end(), &customers).await?;
    let fresh = facts.iter().map(|facts| Fresh {
        customer_id: facts.customer_id,
        rows: rows(facts, pricing, month, now),
    });
    Ok(fresh.collect())
}
