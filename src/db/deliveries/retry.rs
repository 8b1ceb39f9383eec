//! A person decided that a delivery may go out again: a refused one, or one that Kill Bill's sums say nothing clear about.
//! With the same tracking id and content, so that Kill Bill can tell if it has it after all.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Why a delivery does not go out again.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error("there is no such delivery")]
    Unknown,
    #[error("it is {0}")]
    NotRefused(String),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Makes a refused or unclear delivery ready to be sent, notes who asked, and lets its resource be tried at once.
///
/// # Errors
/// See [`RetryError`]; nothing is stored then.
pub async fn retry(pool: &PgPool, now: DateTime<Utc>, uuid: Uuid, who: &str) -> Result<(), RetryError> {
    let mut tx = pool.begin().await?;
    let found: Option<(i64, i64, String)> =
        sqlx::query_as("select id, subscription_id, state from delivery where uuid = $1 for update")
            .bind(uuid)
            .fetch_optional(&mut *tx)
            .await?;
    let (id, subscription, state) = found.ok_or(RetryError::Unknown)?;
    if state != "refused" && !is_unclear(&mut tx, id).await? {
        return Err(RetryError::NotRefused(state));
    }
    sqlx::query("update delivery set state = 'prepared', settled_at = null, read_back_at = null where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into delivery_attempt (delivery_id, attempt, kind, at, outcome, answer)
         select id, attempts, 'retry', $2, 'prepared', $3 from delivery where id = $1",
    )
    .bind(id)
    .bind(now)
    .bind(format!("asked for by {who}"))
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "update resource set next_attempt_at = null, failures = 0
          where id = (select resource_id from subscription where id = $1)",
    )
    .bind(subscription)
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Waited out and looked up since it was last sent, and still in doubt: somebody else wrote to the same month, say.
async fn is_unclear(tx: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(concat!("select ", unclear!(), " from delivery d where d.id = $1"))
        .bind(id)
        .fetch_one(tx)
        .await
}
