//! What does not add up. A discrepancy is one row as long as it lasts, told by subject and kind: seen again, it is
//! refreshed; no longer seen, it closes by itself; coming back, it opens anew.

mod accounts;
mod list;
mod overview;
mod settlements;
mod store;
mod unbilled;
mod undelivered;

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::Tx;
use crate::domain::reconcile::{DiscrepancyKind, Finding, Verdict};

pub use accounts::{Overlooked, Uninvoiced, overlooked, uninvoiced};
pub use list::{DiscrepancyFilter, DiscrepancyOrder, DiscrepancyRow, count, find, list, of_invoice};
pub use overview::{Lateness, OpenKind, lateness, open_by_kind};
pub use settlements::{
    AstraySettlement, StandingCustomer, StandingSettlement, missing_settlements, standing_customers,
    standing_settlements,
};
pub use store::{Found, Subject, settle_kinds};
pub use unbilled::{Unbilled, outside, tariffs, unbilled};
pub use undelivered::{Undelivered, settle_undelivered, undelivered};

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
        for finding in findings {
            put(&mut tx, due.id, finding, now).await?;
        }
        close_others(&mut tx, due.id, findings, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn put(tx: &mut Tx, invoice_id: i64, finding: &Finding, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into discrepancy (uuid, subject, kind, invoice_id, customer_id, item_id, resource_id, hour_from, hour_until,
                                  amount, currency, detail, next_step, opened_at, seen_at)
         select gen_random_uuid(), $2, $3, i.id, i.customer_id, x.id, coalesce(x.resource_id, s.resource_id), $10::date, $11::date,
                $5, i.currency, $6, $7, $8, $8
         from invoice i left join invoice_item x on x.uuid = $4 left join subscription s on s.killbill_id = $9
         where i.id = $1
         on conflict (subject, kind) where closed_at is null do update set
             amount = excluded.amount, detail = excluded.detail, next_step = excluded.next_step, seen_at = excluded.seen_at",
    )
    .bind(invoice_id)
    .bind(&finding.subject)
    .bind(finding.difference.kind)
    .bind(finding.item)
    .bind(finding.difference.amount)
    .bind(&finding.difference.detail)
    .bind(finding.difference.kind.next_step())
    .bind(now)
    .bind(finding.about.map(|about| about.subscription))
    .bind(finding.about.and_then(|about| about.period).map(|(from, _)| from))
    .bind(finding.about.and_then(|about| about.period).map(|(_, until)| until))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn close_others(tx: &mut Tx, invoice_id: i64, findings: &[Finding], now: DateTime<Utc>) -> sqlx::Result<()> {
    let (subjects, kinds): (Vec<&str>, Vec<DiscrepancyKind>) = findings
        .iter()
        .map(|finding| (finding.subject.as_str(), finding.difference.kind))
        .unzip();
    sqlx::query(
        "update discrepancy set closed_at = $4
         where invoice_id = $1 and delivery_id is null and closed_at is null
           and (subject, kind) not in (select * from unnest($2::text[], $3::text[]))",
    )
    .bind(invoice_id)
    .bind(&subjects)
    .bind(&kinds)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
