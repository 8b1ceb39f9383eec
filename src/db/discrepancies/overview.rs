//! How far behind the checks are, and how much is open: what the metrics say.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgPool};

use crate::domain::reconcile::DiscrepancyKind;

/// Seconds and counts at one instant.
#[derive(Clone, Copy, Debug, Default, FromRow)]
pub struct Lateness {
    /// Invoices that were not checked yet, or not since they changed.
    pub unchecked: i64,
    /// How long the oldest of them has been there.
    pub unchecked_for: i64,
    /// How long ago the customer who waits longest had his invoices read.
    pub read_ago: i64,
    pub parked: i64,
    pub invoicing_off: i64,
}

/// Reads it as of `now`.
///
/// # Errors
/// When the database fails.
pub async fn lateness(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<Lateness> {
    sqlx::query_as(
        "with late as (
             select count(*) as invoices, min(changed_at) as since from invoice where checked_at is null or checked_at < changed_at
         ), accounts as (
             select min(coalesce(invoices_read_at, created_at)) as read_at,
                    count(*) filter (where '__PARK__' = any(account_tags)) as parked,
                    count(*) filter (where 'AUTO_INVOICING_OFF' = any(account_tags)) as invoicing_off
             from customer where account_id is not null
         )
         select late.invoices as unchecked,
                coalesce(greatest(extract(epoch from $1 - late.since), 0), 0)::bigint as unchecked_for,
                coalesce(greatest(extract(epoch from $1 - accounts.read_at), 0), 0)::bigint as read_ago,
                accounts.parked, accounts.invoicing_off
         from late, accounts",
    )
    .bind(now)
    .fetch_one(pool)
    .await
}

/// What is open of one kind in one currency.
#[derive(Clone, Debug, FromRow)]
pub struct OpenKind {
    pub kind: DiscrepancyKind,
    pub currency: String,
    pub count: i64,
    /// Whatever its sign: too much and too little do not cancel each other out.
    pub amount: Decimal,
}

/// The kinds of which something is open.
///
/// # Errors
/// When the database fails.
pub async fn open_by_kind(pool: &PgPool) -> sqlx::Result<Vec<OpenKind>> {
    sqlx::query_as(
        "select kind, currency, count(*) as count, sum(abs(amount)) as amount from discrepancy
         where closed_at is null and accepted_at is null group by kind, currency order by kind, currency",
    )
    .fetch_all(pool)
    .await
}
