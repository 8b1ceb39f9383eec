//! What became of a settlement: each change of state is one statement, asserted and written into its history.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::db::invoices;
use crate::domain::delivery::Settlement as Outcome;
use crate::domain::settlement::{Direction, SettlementEvent, SettlementOutcome, SettlementState, SettlementStep};

/// A settlement that is not posted yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Work {
    pub id: i64,
    pub uuid: Uuid,
    pub mark: String,
    pub month: NaiveDate,
    pub direction: Direction,
    pub state: SettlementState,
    pub step: SettlementStep,
    pub draft_id: Option<Uuid>,
    pub attempts: i32,
    pub strangers_ok: bool,
    pub read_back_at: Option<DateTime<Utc>>,
}

/// A settlement in the step, state and attempt in which a worker found or put it. Whoever was overtaken no longer matches.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Standing {
    pub id: i64,
    pub step: SettlementStep,
    pub state: SettlementState,
    pub attempts: i32,
}

impl Work {
    /// Where it was found.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            id: self.id,
            step: self.step,
            state: self.state,
            attempts: self.attempts,
        }
    }
}

/// The customer's oldest settlement that is not posted: the only one that anything may be sent for.
///
/// # Errors
/// When the database fails.
pub async fn open_of(pool: &PgPool, customer_id: i64) -> sqlx::Result<Option<Work>> {
    sqlx::query_as(
        "select id, uuid, mark, month, direction, state, step, draft_id, attempts, strangers_ok, read_back_at
         from settlement where customer_id = $1 and state <> 'posted' order by id limit 1",
    )
    .bind(customer_id)
    .fetch_optional(pool)
    .await
}

/// Marks that the first byte of its step may leave from now on.
///
/// # Errors
/// When the database fails; `RowNotFound` when it does not stand there any more.
pub async fn sending(pool: &PgPool, from: &Standing, now: DateTime<Utc>) -> sqlx::Result<Standing> {
    sqlx::query_as(
        "update settlement set state = 'sending', sent_at = $5, attempts = attempts + 1
         where id = $1 and step = $2 and state = $3 and attempts = $4 and state = 'prepared'
         returning id, step, state, attempts",
    )
    .bind(from.id)
    .bind(from.step)
    .bind(from.state)
    .bind(from.attempts)
    .bind(now)
    .fetch_one(pool)
    .await
}

/// Where a settlement goes from `from`, and what was heard.
#[derive(Clone, Debug)]
pub struct Next<'a> {
    /// `Prepared` is for a further step.
    pub state: SettlementState,
    pub step: SettlementStep,
    pub draft_id: Option<Uuid>,
    pub read_back_at: Option<DateTime<Utc>>,
    pub outcome: &'a Outcome,
    pub event: SettlementEvent,
}

/// Writes what came of a step.
///
/// # Errors
/// When the database fails; `RowNotFound` when it does not stand at `from` any more.
pub async fn stepped(pool: &PgPool, from: &Standing, next: &Next<'_>, now: DateTime<Utc>) -> sqlx::Result<Standing> {
    let mut tx = pool.begin().await?;
    let standing: Standing = sqlx::query_as(
        "update settlement set state = $5, step = $6, draft_id = $7, read_back_at = $8, settled_at = $9, detail = $10,
                invoice_id = coalesce((select id from invoice where killbill_id = $7), invoice_id)
         where id = $1 and step = $2 and state = $3 and attempts = $4
         returning id, step, state, attempts",
    )
    .bind(from.id)
    .bind(from.step)
    .bind(from.state)
    .bind(from.attempts)
    .bind(next.state)
    .bind(next.step)
    .bind(next.draft_id)
    .bind(next.read_back_at)
    .bind(now)
    .bind(next.outcome.detail())
    .fetch_one(&mut *tx)
    .await?;
    if let (SettlementState::Posted, Some(invoice)) = (next.state, next.draft_id) {
        invoices::read_anew(&mut tx, invoice).await?;
    }
    let (status, code) = next.outcome.answer();
    attempt(
        &mut tx,
        from,
        (next.event, next.state.into()),
        (status, code, next.outcome.detail()),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(standing)
}

/// A surplus draft was voided: nobody owes anything by it, and it is written down.
///
/// # Errors
/// When the database fails.
pub async fn note_surplus(pool: &PgPool, mark: &str, text: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    let found: Option<Standing> = sqlx::query_as("select id, step, state, attempts from settlement where mark = $1")
        .bind(mark)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(of) = found {
        attempt(
            &mut tx,
            &of,
            (SettlementEvent::Surplus, SettlementOutcome::Voided),
            (None, None, text),
            now,
        )
        .await?;
    }
    tx.commit().await
}

async fn attempt(
    tx: &mut PgConnection,
    of: &Standing,
    (event, outcome): (SettlementEvent, SettlementOutcome),
    (status, code, answer): (Option<i32>, Option<i64>, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into settlement_attempt (settlement_id, attempt, step, kind, at, outcome, status, code, answer)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(of.id)
    .bind(of.attempts)
    .bind(of.step)
    .bind(event)
    .bind(now)
    .bind(outcome)
    .bind(status)
    .bind(code)
    .bind(answer)
    .execute(tx)
    .await?;
    Ok(())
}
