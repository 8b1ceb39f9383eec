//! What came of a letter. Every change asks whether the attempt is still the one that it belongs to.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::mail::MailState;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server has it.
    Sent(String),
    /// It will not take it.
    Refused(String),
    /// It has not got it; to be tried again then.
    Later(String, DateTime<Utc>),
    /// Nobody's letter would have gone: the mail server is away, or lets us not in. To be tried again then.
    Away(String, DateTime<Utc>),
    /// It may have it.
    Unknown(String),
}

impl Outcome {
    /// Where the letter stands now.
    #[must_use]
    pub const fn state(&self) -> MailState {
        match self {
            Self::Sent(_) => MailState::Sent,
            Self::Refused(_) => MailState::Refused,
            Self::Later(..) | Self::Away(..) => MailState::Waiting,
            Self::Unknown(_) => MailState::Unknown,
        }
    }

    /// What the mail server said, or what went wrong.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Sent(text)
            | Self::Refused(text)
            | Self::Later(text, _)
            | Self::Away(text, _)
            | Self::Unknown(text) => text,
        }
    }
}

/// Its text goes over the line from now on. False when the attempt is not ours any more: then it must not.
///
/// # Errors
/// When the database fails.
pub async fn begun(pool: &PgPool, id: i64, attempt: i32, version: i32, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let result = sqlx::query(
        "update mail set state = 'sending', sent_at = $3, document_version = $4
         where id = $1 and state = 'waiting' and attempts = $2",
    )
    .bind(id)
    .bind(attempt)
    .bind(now)
    .bind(version)
    .execute(pool)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Writes down what came of an attempt.
///
/// # Errors
/// When the database fails.
pub async fn settled(pool: &PgPool, id: i64, attempt: i32, outcome: &Outcome, now: DateTime<Utc>) -> sqlx::Result<()> {
    let again = match outcome {
        Outcome::Later(_, at) | Outcome::Away(_, at) => Some(*at),
        Outcome::Sent(_) | Outcome::Refused(_) | Outcome::Unknown(_) => None,
    };
    sqlx::query(
        "update mail set state = $3, detail = $4, settled_at = $5, next_attempt_at = coalesce($6, next_attempt_at),
                sent_at = case when $3 = 'waiting' then null else sent_at end
         where id = $1 and attempts = $2 and state in ('waiting', 'sending')",
    )
    .bind(id)
    .bind(attempt)
    .bind(outcome.state())
    .bind(outcome.detail())
    .bind(now)
    .bind(again)
    .execute(pool)
    .await
    .map(drop)
}

/// Whoever sent these is gone: nobody knows whether they arrived. How many.
///
/// # Errors
/// When the database fails.
pub async fn lost(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update mail set state = 'unknown', settled_at = $1,
                detail = 'The service ended before the mail server answered: the letter may have arrived.'
         where state = 'sending' and next_attempt_at <= $1",
    )
    .bind(now)
    .execute(pool)
    .await?;
    Ok(result.rows_affected())
}

/// Why a letter does not go again.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error("there is no such letter")]
    Absent,
    #[error("it is {0}")]
    NotStuck(MailState),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A person lets a letter go again that was refused, bounced, or may have arrived; under its old Message-ID. Returns its id.
///
/// # Errors
/// See [`RetryError`]; nothing has changed then.
pub async fn retry(pool: &PgPool, uuid: Uuid, who: &str, now: DateTime<Utc>) -> Result<i64, RetryError> {
    let mut tx = pool.begin().await?;
    let found: Option<(i64, MailState)> = sqlx::query_as("select id, state from mail where uuid = $1 for update")
        .bind(uuid)
        .fetch_optional(&mut *tx)
        .await?;
    let (id, state) = found.ok_or(RetryError::Absent)?;
    if !state.may_go_again() {
        return Err(RetryError::NotStuck(state));
    }
    // It has its days before it again; to the address that its customer has now.
    sqlx::query(
        "update mail m set state = 'waiting', next_attempt_at = $2, created_at = $2, sent_at = null, settled_at = null,
                detail = $3, recipient = coalesce(nullif(c.email, ''), m.recipient)
         from invoice i join customer c on c.id = i.customer_id where m.id = $1 and i.id = m.invoice_id",
    )
    .bind(id)
    .bind(now)
    .bind(format!("Sent again for {who}; it was {state}."))
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// A letter came back. Which ones these were: those of the given ids that had been taken, or may have been.
///
/// # Errors
/// When the database fails.
pub async fn bounced(pool: &PgPool, uuids: &[Uuid], why: &str, now: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "update mail set state = 'bounced', detail = $2, settled_at = $3
         where uuid = any($1) and state in ('sending', 'sent', 'unknown', 'bounced') returning uuid",
    )
    .bind(uuids)
    .bind(why)
    .bind(now)
    .fetch_all(pool)
    .await
}
