//! Single values that all replicas share.

use chrono::TimeDelta;
use sqlx::{PgExecutor, PgPool};

/// How far Kill Bill's clock was ahead of ours when it was asked last, in seconds.
const KILLBILL_AHEAD: &str = "killbill_ahead";

/// The value of `name`, which becomes `fresh` if it had none.
///
/// # Errors
/// When the database fails.
pub async fn shared(pool: &PgPool, name: &str, fresh: &str) -> sqlx::Result<String> {
    sqlx::query_scalar(
        "insert into setting (name, value) values ($1, $2)
         on conflict (name) do update set value = setting.value
         returning value",
    )
    .bind(name)
    .bind(fresh)
    .fetch_one(pool)
    .await
}

/// How far Kill Bill's clock was ahead of ours when it was asked last; nothing as long as it never was.
///
/// # Errors
/// When the database fails.
pub async fn killbill_ahead(executor: impl PgExecutor<'_>) -> sqlx::Result<TimeDelta> {
    let seconds: Option<String> = sqlx::query_scalar("select value from setting where name = $1")
        .bind(KILLBILL_AHEAD)
        .fetch_optional(executor)
        .await?;
    let seconds = seconds.and_then(|text| text.parse().ok());
    Ok(seconds.and_then(TimeDelta::try_seconds).unwrap_or_default())
}

/// Remembers it, for whoever cannot ask Kill Bill. A second more or less is not worth a write.
///
/// # Errors
/// When the database fails.
pub async fn note_killbill_ahead(pool: &PgPool, ahead: TimeDelta) -> sqlx::Result<()> {
    if (killbill_ahead(pool).await? - ahead).abs() < TimeDelta::seconds(10) {
        return Ok(());
    }
    sqlx::query(
        "insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
    )
    .bind(KILLBILL_AHEAD)
    .bind(ahead.num_seconds().to_string())
    .execute(pool)
    .await
    .map(drop)
}
