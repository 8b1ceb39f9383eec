//! Subscriptions whose books are to be compared with Kill Bill's.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgPool;

use crate::domain::month::Month;

/// Subscriptions that a start puts on the list for each minute: one short call to Kill Bill for each.
const EACH_MINUTE: i64 = 50;

/// A comparison that is due.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Doubt {
    /// The earliest month that is known to differ.
    pub first_month: Option<NaiveDate>,
}

/// Puts every subscription that runs, or ended lately, on the list, the first ones for now and the rest in turn. What
/// waits to be sent is compared before it is sent, whenever that is; this finds what nothing waits for.
///
/// # Errors
/// When the database fails.
pub async fn doubt_all(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into lane_doubt (subscription_id, since, look_at)
         select id, $1, $1 + (row_number() over (order by id) - 1) / $2 * interval '1 minute'
         from subscription where replaced_at is null and (ended_at is null or ended_at > $1 - interval '35 days')
         on conflict do nothing",
    )
    .bind(now)
    .bind(EACH_MINUTE)
    .execute(pool)
    .await?;
    Ok(())
}

/// The month of the subscription was seen to differ: it is compared with the next pass.
///
/// # Errors
/// When the database fails.
pub async fn doubt(pool: &PgPool, subscription_id: i64, month: Month, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into lane_doubt (subscription_id, first_month, since, look_at) values ($1, $2, $3, $3)
         on conflict (subscription_id) do update set first_month = least(lane_doubt.first_month, excluded.first_month),
             look_at = case when lane_doubt.looks = 0 then excluded.look_at else lane_doubt.look_at end",
    )
    .bind(subscription_id)
    .bind(month.first_day())
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Whether the subscription's comparison is due.
///
/// # Errors
/// When the database fails.
pub async fn due(pool: &PgPool, subscription_id: i64, now: DateTime<Utc>) -> sqlx::Result<Option<Doubt>> {
    sqlx::query_as("select first_month from lane_doubt where subscription_id = $1 and look_at <= $2")
        .bind(subscription_id)
        .bind(now)
        .fetch_optional(pool)
        .await
}

/// It still differs: looked at again after a minute, then each time twice as late, at most an hour later.
///
/// # Errors
/// When the database fails.
pub async fn rest(pool: &PgPool, subscription_id: i64, month: Month, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into lane_doubt (subscription_id, first_month, since, look_at, looks)
         values ($1, $2, $3, $3::timestamptz + interval '1 minute', 1)
         on conflict (subscription_id) do update set first_month = least(lane_doubt.first_month, excluded.first_month),
             looks = lane_doubt.looks + 1,
             look_at = $3::timestamptz + least(interval '1 minute' * 2 ^ least(lane_doubt.looks, 10), interval '1 hour')",
    )
    .bind(subscription_id)
    .bind(month.first_day())
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Kill Bill and the ledger agree.
///
/// # Errors
/// When the database fails.
pub async fn believe(pool: &PgPool, subscription_id: i64) -> sqlx::Result<()> {
    sqlx::query("delete from lane_doubt where subscription_id = $1")
        .bind(subscription_id)
        .execute(pool)
        .await?;
    Ok(())
}

/// The ledger's newest delivery: a number that only grows, unless an older backup takes the ledger's place.
///
/// # Errors
/// When the database fails.
pub async fn newest_delivery(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("select coalesce(max(id), 0) from delivery")
        .fetch_one(pool)
        .await
}
