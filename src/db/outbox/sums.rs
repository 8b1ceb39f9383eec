//! What the ledger says Kill Bill holds: sums over deliveries per subscription, month and unit. Verification and the
//! decision on an unknown outcome both compare them with Kill Bill's own sums.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::domain::month::Month;
use crate::domain::preflight::Carried;
use crate::domain::timeline::Timeline;

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

/// What is known to have arrived in the windows of these units that touch `[from, until)`, by unit and window.
///
/// # Errors
/// When the database fails.
pub async fn carried_in(
    pool: &PgPool,
    subscription_id: i64,
    timeline: &Timeline,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<Carried> {
    let months: Vec<Month> = std::iter::successors(Some(Month::containing(from)), |month| Some(month.next()))
        .take_while(|month| month.start() < until)
        .collect();
    let first_days: Vec<NaiveDate> = months.iter().map(|month| month.first_day()).collect();
    let sums: Vec<(NaiveDate, String, Decimal)> = sqlx::query_as(
        "select d.month, u.unit, sum(u.amount) from delivery d join delivery_unit u on u.delivery_id = d.id
         where d.subscription_id = $1 and d.month = any($2) and d.state in ('delivered', 'verified')
         group by d.month, u.unit",
    )
    .bind(subscription_id)
    .bind(first_days)
    .fetch_all(pool)
    .await?;
    let (mut carried, mut parts) = (Carried::new(), Vec::new());
    for (month, unit, amount) in sums {
        let month = Month::of(month);
        match timeline.windows(&unit, month.start(), month.end()).as_slice() {
            [] => {}
            // Deliveries keep to months, and so do most windows: the sum is known.
            [only] => *carried.entry((unit, only.from)).or_default() += amount,
            several => parts.extend(
                several
                    .iter()
                    .map(|window| (unit.clone(), month, window.from, window.until)),
            ),
        }
    }
    for ((unit, from), amount) in of_parts(pool, subscription_id, &parts).await? {
        *carried.entry((unit, from)).or_default() += amount;
    }
    Ok(carried)
}

/// The same counted record by record, where a month has several windows.
async fn of_parts(
    pool: &PgPool,
    subscription_id: i64,
    parts: &[(String, Month, DateTime<Utc>, DateTime<Utc>)],
) -> sqlx::Result<Carried> {
    if parts.is_empty() {
        return Ok(Carried::new());
    }
    let rows: Vec<(String, DateTime<Utc>, Decimal)> = sqlx::query_as(
        "select w.unit, w.starts, figure(sum(r.delta * u.factor))
         from unnest($2::text[], $3::date[], $4::timestamptz[], $5::timestamptz[]) as w (unit, month, starts, ends)
         join subscription s on s.id = $1
         join delivery d on d.subscription_id = s.id and d.month = w.month and d.state in ('delivered', 'verified')
         join delivery_unit u on u.delivery_id = d.id and u.unit = w.unit
         join usage_record r on r.resource_id = s.resource_id and r.meter_id = u.meter_id and r.delivery_id = d.id
              and r.hour >= d.window_start and r.hour < d.window_end
              and r.hour + interval '30 minutes' >= w.starts and r.hour + interval '30 minutes' < w.ends
         group by w.unit, w.starts",
    )
    .bind(subscription_id)
    .bind(parts.iter().map(|(unit, ..)| unit.as_str()).collect::<Vec<_>>())
    .bind(parts.iter().map(|(_, month, ..)| month.first_day()).collect::<Vec<_>>())
    .bind(parts.iter().map(|(.., from, _)| *from).collect::<Vec<_>>())
    .bind(parts.iter().map(|(.., until)| *until).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(unit, from, amount)| ((unit, from), amount))
        .collect())
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
