//! What does not add up. A discrepancy is one row as long as it lasts, told by subject and kind: seen again, it is
//! refreshed; no longer seen, it closes by itself; coming back, it opens anew.

mod accept;
mod accounts;
mod list;
mod overview;
mod settlements;
mod store;
mod unbilled;
mod undelivered;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::Tx;
use crate::domain::reconcile::{Finding, Verdict};

pub use accept::{AcceptError, Acceptance, accept, reopen};
pub use accounts::{Overlooked, Uninvoiced, overlooked, uninvoiced};
pub use list::{DiscrepancyFilter, DiscrepancyOrder, DiscrepancyRow, count, find, list, of_invoice};
pub use overview::{Lateness, OpenKind, lateness, open_by_kind};
pub use settlements::{
    AstraySettlement, StandingCustomer, StandingSettlement, missing_settlements, standing_customers,
    standing_settlements,
};
pub use store::{Found, Subject, settle_kinds};
pub(in crate::db) use store::{Looked, settle as settle_looked, write_closed};
pub use unbilled::{Unbilled, outside, tariffs, unbilled};
pub use undelivered::{Undelivered, undelivered};

/// An invoice whose check is due.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Due {
    pub id: i64,
    pub uuid: Uuid,
    pub changed_at: DateTime<Utc>,
}

/// Invoices to check: those never checked or changed since, then of the discrepant ones (their cause may be gone) and of the
/// others those longest unchecked, at most `rotation` of each: what is broken keeps nothing new waiting.
///
/// # Errors
/// When the database fails.
pub async fn due(pool: &PgPool, rotation: i64) -> sqlx::Result<Vec<Due>> {
    let mut due: Vec<Due> = sqlx::query_as(
        "select id, uuid, changed_at from invoice where checked_at is null or checked_at < changed_at order by id",
    )
    .fetch_all(pool)
    .await?;
    for discrepant in [true, false] {
        let turns: Vec<Due> = sqlx::query_as(
            "select id, uuid, changed_at from invoice where checked_at >= changed_at and (verdict = 'discrepant') = $2
             order by checked_at, id limit $1",
        )
        .bind(rotation)
        .bind(discrepant)
        .fetch_all(pool)
        .await?;
        due.extend(turns);
    }
    Ok(due)
}

/// The same for one invoice, due or not.
///
/// # Errors
/// When the database fails.
pub async fn of_uuid(pool: &PgPool, invoice: Uuid) -> sqlx::Result<Option<Due>> {
    sqlx::query_as("select id, uuid, changed_at from invoice where uuid = $1")
        .bind(invoice)
        .fetch_optional(pool)
        .await
}

/// Writes the outcome of a check: the verdict, and the invoice's discrepancies opened, refreshed or closed.
/// Does nothing when the invoice changed while it was being checked; returns whether it was written.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    pool: &PgPool,
    due: &Due,
    verdict: Verdict,
    findings: &[Finding],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let written = sqlx::query(
        "update invoice set verdict = $2, checked_at = greatest($3, changed_at) where id = $1 and changed_at = $4",
    )
    .bind(due.id)
    .bind(verdict)
    .bind(now)
    .bind(due.changed_at)
    .execute(&mut *tx)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(false);
    }
    // A draft, or a register not read to its end, says nothing yet: what was open stays open.
    if verdict != Verdict::Pending {
        let mut found = Vec::with_capacity(findings.len());
        for finding in findings {
            found.push(of_check(&mut tx, due.id, finding).await?);
        }
        settle_looked(&mut tx, Looked::Invoice(due.id), &found, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// A finding of an invoice's check with the rows that it leads to.
async fn of_check(tx: &mut Tx, invoice_id: i64, finding: &Finding) -> sqlx::Result<Found> {
    let (currency, customer_id, item_id, resource_id): (String, i64, Option<i64>, Option<i64>) = sqlx::query_as(
        "select i.currency, i.customer_id, x.id, coalesce(x.resource_id, s.resource_id)
         from invoice i left join invoice_item x on x.uuid = $2 left join subscription s on s.killbill_id = $3
         where i.id = $1",
    )
    .bind(invoice_id)
    .bind(finding.item)
    .bind(finding.about.map(|about| about.subscription))
    .fetch_one(&mut **tx)
    .await?;
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let period = finding.about.and_then(|about| about.period);
    Ok(Found {
        finding: finding.clone(),
        currency,
        about: Subject {
            invoice_id: Some(invoice_id),
            item_id,
            customer_id: Some(customer_id),
            resource_id,
            hours: period.map(|(from, until)| (midnight(from), midnight(until))),
            ..Subject::default()
        },
    })
}
