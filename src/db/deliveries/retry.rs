//! A person decided that a delivery may go out again: a refused one, or one that Kill Bill's sums say nothing clear about.
//! With the same tracking id and content, so that Kill Bill can tell if it has it after all.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::delivery::DeliveryState;

/// Why a delivery does not go out again.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error("there is no such delivery")]
    Unknown,
    #[error("it is {0}")]
    NotRefused(DeliveryState),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Makes a refused or unclear delivery ready to be sent, notes who asked, and lets its resource be tried at once.
///
/// # Errors
/// See [`RetryError`]; nothing is stored then.
pub async fn retry(pool: &PgPool, now: DateTime<Utc>, uuid: Uuid, who: &str) -> Result<(), RetryError> {
    let mut tx = pool.begin().await?;
    let found: Option<(i64, i64, DeliveryState)> =
        sqlx::query_as("select id, subscription_id, state from delivery where uuid = $1 for update")
            .bind(uuid)
            .fetch_optional(&mut *tx)
            .await?;
    let (id, subscription, state) = found.ok_or(RetryError::Unknown)?;
    if state != DeliveryState::Refused && !is_unclear(&mut tx, id).await? {
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

/// Which of the refused deliveries a person means; empty means all of them.
#[derive(Clone, Debug, Default)]
pub struct Selected {
    pub deliveries: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    pub resource: Option<Uuid>,
    pub plan: Option<String>,
}

/// The same as [`retry`] for refused deliveries, all of the selection or none. Returns how many go out again.
///
/// # Errors
/// When the database fails; nothing is stored then.
pub async fn retry_all(pool: &PgPool, now: DateTime<Utc>, selected: &Selected, who: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "with chosen as (
             select d.id, s.resource_id from delivery d
             join subscription s on s.id = d.subscription_id
             join resource r on r.id = s.resource_id
             left join customer c on c.id = r.customer_id
             where d.state = 'refused' and ($1::uuid[] is null or d.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
               and ($3::uuid is null or r.uuid = $3) and ($4::text is null or s.plan = $4)
             order by d.id for update of d
         ), again as (
             update delivery d set state = 'prepared', settled_at = null, read_back_at = null
             from chosen where d.id = chosen.id and d.state = 'refused'
             returning d.id, d.attempts, chosen.resource_id
         ), noted as (
             insert into delivery_attempt (delivery_id, attempt, kind, at, outcome, answer)
             select id, attempts, 'retry', $5, 'prepared', $6 from again
         ), woken as (
             update resource set next_attempt_at = null, failures = 0 where id in (select resource_id from again)
         )
         select count(*) from again",
    )
    .bind(&selected.deliveries)
    .bind(selected.customer)
    .bind(selected.resource)
    .bind(&selected.plan)
    .bind(now)
    .bind(format!("asked for by {who}"))
    .fetch_one(pool)
    .await
}

/// Waited out and looked up since it was last sent, and still in doubt: somebody else wrote to the same month, say.
async fn is_unclear(tx: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(concat!("select ", unclear!(), " from delivery d where d.id = $1"))
        .bind(id)
        .fetch_one(tx)
        .await
}
