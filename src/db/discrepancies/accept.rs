//! A person accepts a discrepancy as it is. It goes on being found and shown, and is open again when it is worth something
//! else: then it is another one than was looked at (see `store`).

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::reconcile::DiscrepancyState;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("there is no such discrepancy")]
    Unknown,
    #[error("it is {0}")]
    Not(DiscrepancyState),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Whose word it is.
#[derive(Clone, Copy, Debug)]
pub struct Acceptance<'a> {
    pub who: &'a str,
    pub reason: &'a str,
}

/// Accepts an open one.
///
/// # Errors
/// See [`AcceptError`]; nothing is stored then.
pub async fn accept(
    pool: &PgPool,
    uuid: Uuid,
    acceptance: Acceptance<'_>,
    now: DateTime<Utc>,
) -> Result<(), AcceptError> {
    let done = sqlx::query(
        "update discrepancy set accepted_at = $2, accepted_by = $3, accepted_reason = $4
         where uuid = $1 and closed_at is null and accepted_at is null",
    );
    let done = done.bind(uuid).bind(now).bind(acceptance.who).bind(acceptance.reason);
    happened(pool, uuid, done.execute(pool).await?.rows_affected()).await
}

/// Takes an acceptance back.
///
/// # Errors
/// See [`AcceptError`]; nothing is stored then.
pub async fn reopen(pool: &PgPool, uuid: Uuid) -> Result<(), AcceptError> {
    let done = sqlx::query(
        "update discrepancy set accepted_at = null, accepted_by = null, accepted_reason = null
         where uuid = $1 and closed_at is null and accepted_at is not null",
    );
    happened(pool, uuid, done.bind(uuid).execute(pool).await?.rows_affected()).await
}

async fn happened(pool: &PgPool, uuid: Uuid, rows: u64) -> Result<(), AcceptError> {
    if rows > 0 {
        return Ok(());
    }
    let found = super::find(pool, uuid).await?.ok_or(AcceptError::Unknown)?;
    Err(AcceptError::Not(found.state))
}
