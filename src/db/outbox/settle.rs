//! What became of a delivery: each change of state is one statement, asserted and written into its history.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgPool};

use super::content::content;
use super::one_row;
use super::prepare::Prepared;
use crate::domain::delivery::{DeliveryEvent, DeliveryState, Settlement};
use crate::domain::month::Month;

/// A delivery of a lane that is not done.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Open {
    pub id: i64,
    pub tracking_id: String,
    pub month: NaiveDate,
    pub state: DeliveryState,
    pub attempts: i32,
    pub sent_at: Option<DateTime<Utc>>,
    pub read_back_at: Option<DateTime<Utc>>,
}

impl Open {
    /// Where it was found.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            id: self.id,
            state: self.state,
            attempts: self.attempts,
        }
    }

    /// The delivery with its content as it was fixed, to be sent (again).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prepared(&self, pool: &PgPool) -> sqlx::Result<Prepared> {
        Ok(Prepared {
            id: self.id,
            tracking_id: self.tracking_id.clone(),
            month: Month::of(self.month),
            attempts: self.attempts,
            units: content(pool, self.id, self.month).await?,
        })
    }
}

/// The delivery that occupies a subscription's lane, if any.
///
/// # Errors
/// When the database fails.
pub async fn open_of(pool: &PgPool, subscription_id: i64) -> sqlx::Result<Option<Open>> {
    sqlx::query_as(
        "select id, tracking_id, month, state, attempts, sent_at, read_back_at from delivery
         where subscription_id = $1 and state in ('prepared', 'sending', 'unknown', 'refused')",
    )
    .bind(subscription_id)
    .fetch_optional(pool)
    .await
}

/// A delivery in the state and the attempt in which a worker found or put it. Whoever was overtaken (his lease ran out
/// while he hung) no longer matches, and can neither settle nor repeat what another worker is sending by now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Standing {
    pub id: i64,
    pub state: DeliveryState,
    pub attempts: i32,
}

/// Marks that the first byte may leave from now on.
///
/// # Errors
/// When the database fails; `RowNotFound` when the delivery is no longer prepared.
pub async fn mark_sending(pool: &PgPool, id: i64, now: DateTime<Utc>) -> sqlx::Result<Standing> {
    sqlx::query_as(
        "update delivery set state = 'sending', sent_at = $2, attempts = attempts + 1 where id = $1 and state = 'prepared'
         returning id, state, attempts",
    )
    .bind(id)
    .bind(now)
    .fetch_one(pool)
    .await
}

/// Somebody died while sending: what came of it cannot be known before `read_back_at`.
///
/// # Errors
/// When the database fails or the delivery is not being sent.
pub async fn stalled(
    pool: &PgPool,
    from: Standing,
    now: DateTime<Utc>,
    read_back_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let settlement = Settlement::Unknown {
        detail: "the sender stopped before an answer came".to_owned(),
        status: None,
    };
    settled(pool, from, &settlement, now, read_back_at).await
}

/// Writes what came of a delivery that stood at `from`.
///
/// # Errors
/// When the database fails; `RowNotFound` when the delivery does not stand there any more.
pub async fn settled(
    pool: &PgPool,
    from: Standing,
    settlement: &Settlement,
    now: DateTime<Utc>,
    read_back_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let unknown = matches!(settlement, Settlement::Unknown { .. });
    let mut tx = pool.begin().await?;
    let result = sqlx::query(
        "update delivery set state = $3, settled_at = $4, detail = $5, read_back_at = case when $6 then $7::timestamptz end
         where id = $1 and state = $2 and attempts = $8",
    )
    .bind(from.id)
    .bind(from.state)
    .bind(settlement.state())
    .bind(now)
    .bind(settlement.detail())
    .bind(unknown)
    .bind(read_back_at)
    .bind(from.attempts)
    .execute(&mut *tx)
    .await?;
    one_row(&result)?;
    let event = if from.state == DeliveryState::Unknown {
        DeliveryEvent::ReadBack
    } else {
        DeliveryEvent::Send
    };
    attempt(&mut tx, from.id, event, settlement, now).await?;
    tx.commit().await
}

/// Adds a line to the delivery's history.
async fn attempt(
    tx: &mut PgConnection,
    id: i64,
    event: DeliveryEvent,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (status, code) = settlement.answer();
    sqlx::query(
        "insert into delivery_attempt (delivery_id, attempt, kind, at, outcome, status, code, answer)
         select id, attempts, $2, $3, $4, $5, $6, $7 from delivery where id = $1",
    )
    .bind(id)
    .bind(event)
    .bind(now)
    .bind(settlement.state())
    .bind(status)
    .bind(code)
    .bind(settlement.detail())
    .execute(tx)
    .await?;
    Ok(())
}
