//! A person decided that a settlement may go on: a refused one, one that was looked up in vain, or one whose invoice was
//! voided. With the same mark and content; Kill Bill is always read for the mark before anything is sent.

use crate::domain::settlement::SettlementState;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Why a settlement does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error("there is no such settlement")]
    Unknown,
    #[error("it is {0}")]
    NotRefused(SettlementState),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Makes it ready, notes who asked, and lets its customer be tried at once. Marks that the ledger does not know no longer
/// stand in its way: whoever retries has compared them.
///
/// # Errors
/// See [`RetryError`]; nothing is stored then.
pub async fn retry(pool: &PgPool, now: DateTime<Utc>, uuid: Uuid, who: &str) -> Result<(), RetryError> {
    let mut tx = pool.begin().await?;
    let found: Option<(i64, SettlementState)> =
        sqlx::query_as("select id, state from settlement where uuid = $1 for update")
            .bind(uuid)
            .fetch_optional(&mut *tx)
            .await?;
    let (id, state) = found.ok_or(RetryError::Unknown)?;
    let voided = state == SettlementState::Posted && is_voided(&mut tx, id).await?;
    if state != SettlementState::Refused && !voided && !is_unclear(&mut tx, id).await? {
        return Err(RetryError::NotRefused(state));
    }
    sqlx::query(
        "update settlement set state = 'prepared', settled_at = null, read_back_at = null, strangers_ok = true,
                step = case when $2 then 'draft' else step end, draft_id = case when $2 then null else draft_id end,
                invoice_id = case when $2 then null else invoice_id end
         where id = $1",
    )
    .bind(id)
    .bind(voided)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into settlement_attempt (settlement_id, attempt, step, kind, at, outcome, answer)
         select id, attempts, step, 'retry', $2, 'prepared', $3 from settlement where id = $1",
    )
    .bind(id)
    .bind(now)
    .bind(format!("asked for by {who}"))
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "update customer set settling_next_at = null, settling_failures = 0
         where id = (select customer_id from settlement where id = $1)",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Waited out and looked up since it was last sent, and still in doubt.
async fn is_unclear(tx: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from settlement s join settlement_attempt a on a.settlement_id = s.id and a.attempt = s.attempts
                        where s.id = $1 and s.state = 'unknown' and a.kind = 'read-back')",
    )
    .bind(id)
    .fetch_one(tx)
    .await
}

/// The mirror shows that somebody voided the invoice that it stood on.
async fn is_voided(tx: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from settlement s join invoice i on i.killbill_id = s.draft_id
                        where s.id = $1 and i.status = 'VOID')",
    )
    .bind(id)
    .fetch_one(tx)
    .await
}
