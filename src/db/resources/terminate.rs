//! The end of a resource: from the first hour that begins at or after it, nothing is metered any more.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};
use uuid::Uuid;

/// Why an end was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TerminateError {
    #[error("not registered")]
    Unknown,
    #[error("it started at {0}")]
    BeforeStart(DateTime<Utc>),
    #[error("usage of the hour {0} was already sent to Kill Bill")]
    AlreadyDelivered(DateTime<Utc>),
    #[error("its subscriptions ended already, for its end at {0}")]
    Ended(DateTime<Utc>),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Row {
    id: i64,
    started_at: Option<DateTime<Utc>>,
    terminated_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

/// Notes the end. The same instant again changes nothing; another one is taken until the subscriptions have ended.
/// `true` when something changed.
///
/// # Errors
/// See [`TerminateError`]; nothing is stored then.
pub async fn terminate(
    pool: &PgPool,
    now: DateTime<Utc>,
    uuid: Uuid,
    at: DateTime<Utc>,
) -> Result<bool, TerminateError> {
    let mut tx = pool.begin().await?;
    let row: Option<Row> = sqlx::query_as(
        "select id, started_at, terminated_at, ended_at from resource
          where uuid = $1 and customer_id is not null for update",
    )
    .bind(uuid)
    .fetch_optional(&mut *tx)
    .await?;
    let row = row.ok_or(TerminateError::Unknown)?;
    if row.terminated_at == Some(at) {
        return Ok(false);
    }
    row.allows(at)?;
    if let Some(hour) = delivered_at_or_after(&mut tx, row.id, at).await? {
        return Err(TerminateError::AlreadyDelivered(hour));
    }
    sqlx::query("update resource set terminated_at = $2, updated_at = $3 where id = $1")
        .bind(row.id)
        .bind(at)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

impl Row {
    fn allows(&self, at: DateTime<Utc>) -> Result<(), TerminateError> {
        if let (Some(_), Some(end)) = (self.ended_at, self.terminated_at) {
            return Err(TerminateError::Ended(end));
        }
        match self.started_at {
            Some(start) if at < start => Err(TerminateError::BeforeStart(start)),
            _ => Ok(()),
        }
    }
}

/// The latest hour at or after `at` whose consumption is on its way to Kill Bill or there.
async fn delivered_at_or_after(
    tx: &mut PgConnection,
    id: i64,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar(
        "select max(hour) from usage_record
          where resource_id = $1 and hour >= $2 and delivery_id is not null and not superseded and quantity > 0",
    )
    .bind(id)
    .bind(at)
    .fetch_one(tx)
    .await
}
