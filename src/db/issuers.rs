//! Who sent invoices, and since when (table `issuer`): the configuration changes, what was issued does not.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgPool;

/// Notes who sends invoices from now on, unless that is known already.
///
/// # Errors
/// When the database fails.
pub async fn note(pool: &PgPool, now: DateTime<Utc>, details: &Value) -> sqlx::Result<()> {
    sqlx::query(
        "insert into issuer (since, details)
         select $1, $2 where (select details from issuer order by since desc limit 1) is distinct from $2
         on conflict (since) do nothing",
    )
    .bind(now)
    .bind(details)
    .execute(pool)
    .await
    .map(drop)
}

/// All of them, the first one first.
///
/// # Errors
/// When the database fails.
pub async fn all(pool: &PgPool) -> sqlx::Result<Vec<(DateTime<Utc>, Value)>> {
    sqlx::query_as("select since, details from issuer order by since")
        .fetch_all(pool)
        .await
}
