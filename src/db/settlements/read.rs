//! Read models of settlements, and a person's decision to try one again.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::db::window::Window;
use crate::domain::settlement::{Direction, SettlementEvent, SettlementOutcome, SettlementState, SettlementStep};

/// One settlement with what it belongs to.
#[derive(Clone, Debug, FromRow)]
pub struct Settlement {
    pub id: i64,
    pub uuid: Uuid,
    pub mark: String,
    pub customer_uuid: Uuid,
    pub customer_name: String,
    pub month: NaiveDate,
    pub direction: Direction,
    pub currency: String,
    pub amount: Decimal,
    pub records: i32,
    pub state: SettlementState,
    pub step: SettlementStep,
    pub draft_id: Option<Uuid>,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub read_back_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
    pub invoice_uuid: Option<Uuid>,
    pub detail: Option<String>,
}

/// One event in a settlement's life.
#[derive(Clone, Debug, FromRow)]
pub struct Attempt {
    pub attempt: i32,
    pub step: SettlementStep,
    pub kind: SettlementEvent,
    pub at: DateTime<Utc>,
    pub outcome: SettlementOutcome,
    pub status: Option<i32>,
    pub code: Option<i64>,
    pub answer: Option<String>,
}

/// Which settlements a list shows; empty means all.
#[derive(Clone, Debug, Default)]
pub struct SettlementFilter {
    pub state: Option<SettlementState>,
    pub direction: Option<Direction>,
    pub customer: Option<Uuid>,
    pub resource: Option<Uuid>,
    pub month: Option<NaiveDate>,
}

macro_rules! settlements {
    ($what:literal, $rest:literal) => {
        concat!(
            "select ",
            $what,
            " from settlement s
              join customer c on c.id = s.customer_id
              left join invoice i on i.id = s.invoice_id
              where ($1::text is null or s.state = $1) and ($2::text is null or s.direction = $2)
                and ($3::uuid is null or c.uuid = $3) and ($4::date is null or s.month = $4)
                and ($5::uuid is null or exists (select from settlement_line l join resource r on r.id = l.resource_id
                                                 where l.settlement_id = s.id and r.uuid = $5))
                and ($6::uuid is null or s.uuid = $6) ",
            $rest
        )
    };
}

const COLUMNS: &str = settlements!(
    "s.id, s.uuid, s.mark, c.uuid as customer_uuid, c.name as customer_name, s.month, s.direction, s.currency, s.amount,
     s.records, s.state, s.step, s.draft_id, s.attempts, s.created_at, s.sent_at, s.read_back_at, s.settled_at,
     i.uuid as invoice_uuid, s.detail",
    "order by s.id desc limit $7 offset $8"
);

/// How many settlements the filter shows.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &SettlementFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(settlements!("count(*)", ""))
        .bind(filter.state)
        .bind(filter.direction)
        .bind(filter.customer)
        .bind(filter.month)
        .bind(filter.resource)
        .bind(None::<Uuid>)
        .fetch_one(pool)
        .await
}

/// One page, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &SettlementFilter, window: Window) -> sqlx::Result<Vec<Settlement>> {
    page(pool, filter, None, window.limit, window.offset).await
}

/// The settlement with that uuid.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<Settlement>> {
    let found = page(pool, &SettlementFilter::default(), Some(uuid), 1, 0).await?;
    Ok(found.into_iter().next())
}

async fn page(
    pool: &PgPool,
    filter: &SettlementFilter,
    uuid: Option<Uuid>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Settlement>> {
    sqlx::query_as(COLUMNS)
        .bind(filter.state)
        .bind(filter.direction)
        .bind(filter.customer)
        .bind(filter.month)
        .bind(filter.resource)
        .bind(uuid)
        .bind(limit)
        .bind(offset)
        .fetch_all(pool)
        .await
}

/// What happened to a settlement, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn attempts(pool: &PgPool, id: i64) -> sqlx::Result<Vec<Attempt>> {
    sqlx::query_as(
        "select attempt, step, kind, at, outcome, status, code, answer from settlement_attempt
         where settlement_id = $1 order by at, attempt, ctid",
    )
    .bind(id)
    .fetch_all(pool)
    .await
}
