//! What the ledger says Kill Bill holds: sums over deliveries per subscription, month and unit. Verification and the
//! decision on an unknown outcome both compare them with Kill Bill's own sums.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::domain::delivery::Sums;
use crate::domain::month::Month;

/// A month of a subscription with deliveries that nobody has read back yet.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Verifiable {
    pub month: NaiveDate,
    /// The newest delivery that the check covers; later ones wait for the next.
    pub newest: i64,
}

/// Per unit, what deliveries known to have arrived carried in the month.
///
/// # Errors
/// When the database fails.
pub async fn booked(pool: &PgPool, subscription_id: i64, month: NaiveDate) -> sqlx::Result<BTreeMap<String, Decimal>> {
    let rows: Vec<(String, Decimal)> = sqlx::query_as(
        "select u.unit, sum(u.amount) from delivery d join delivery_unit u on u.delivery_id = d.id
         where d.subscription_id = $1 and d.month = $2 and d.state in ('delivered', 'verified')
         group by u.unit",
    )
    .bind(subscription_id)
    .bind(month)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().collect())
}

/// The same for every month of the subscription.
///
/// # Errors
/// When the database fails.
pub async fn booked_by_month(pool: &PgPool, subscription_id: i64) -> sqlx::Result<BTreeMap<Month, Sums>> {
    let rows: Vec<(NaiveDate, String, Decimal)> = sqlx::query_as(
        "select d.month, u.unit, sum(u.amount) from delivery d join delivery_unit u on u.delivery_id = d.id
         where d.subscription_id = $1 and d.state in ('delivered', 'verified')
         group by d.month, u.unit",
    )
    .bind(subscription_id)
    .fetch_all(pool)
    .await?;
    let mut months: BTreeMap<Month, Sums> = BTreeMap::new();
    for (month, unit, amount) in rows {
        months.entry(Month::of(month)).or_default().insert(unit, amount);
    }
    Ok(months)
}

/// Per unit, what one delivery carries.
///
/// # Errors
/// When the database fails.
pub async fn carried(pool: &PgPool, delivery_id: i64) -> sqlx::Result<BTreeMap<String, Decimal>> {
    let rows: Vec<(String, Decimal)> =
        sqlx::query_as("select unit, sum(amount) from delivery_unit where delivery_id = $1 group by unit")
            .bind(delivery_id)
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().collect())
}

/// The last month that a delivery of the subscription is about.
///
/// # Errors
/// When the database fails.
pub async fn last_month(pool: &PgPool, subscription_id: i64) -> sqlx::Result<Option<NaiveDate>> {
    sqlx::query_scalar("select max(month) from delivery where subscription_id = $1")
        .bind(subscription_id)
        .fetch_one(pool)
        .await
}

/// Months of the subscription with delivered, unverified deliveries. A month with a delivery that may have arrived, for
/// all that anybody knows, waits until that is settled: its sums prove nothing yet.
///
/// # Errors
/// When the database fails.
pub async fn unverified(pool: &PgPool, subscription_id: i64) -> sqlx::Result<Vec<Verifiable>> {
    sqlx::query_as(
        "select d.month, max(d.id) as newest from delivery d
         where d.subscription_id = $1 and d.state = 'delivered'
           and not exists (select from delivery o where o.subscription_id = $1 and o.month = d.month
                           and o.state in ('sending', 'unknown'))
         group by d.month order by d.month",
    )
    .bind(subscription_id)
    .fetch_all(pool)
    .await
}

/// Kill Bill's sums equal the ledger's: the month's deliveries up to `newest` are verified.
///
/// # Errors
/// When the database fails.
pub async fn mark_verified(
    pool: &PgPool,
    subscription_id: i64,
    checked: Verifiable,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update delivery set state = 'verified', verified_at = $4, detail = null
         where subscription_id = $1 and month = $2 and id <= $3 and state = 'delivered'",
    )
    .bind(subscription_id)
    .bind(checked.month)
    .bind(checked.newest)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(result.rows_affected())
}

/// Kill Bill's sums differ: the deliveries stay delivered and say so.
///
/// # Errors
/// When the database fails.
pub async fn note_difference(
    pool: &PgPool,
    subscription_id: i64,
    checked: Verifiable,
    detail: &str,
) -> sqlx::Result<()> {
    sqlx::query(
        "update delivery set detail = $4
         where subscription_id = $1 and month = $2 and id <= $3 and state = 'delivered' and detail is distinct from $4",
    )
    .bind(subscription_id)
    .bind(checked.month)
    .bind(checked.newest)
    .bind(detail)
    .execute(pool)
    .await?;
    Ok(())
}
