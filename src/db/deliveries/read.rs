//! Read models of deliveries.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::db::window::Window;
use crate::domain::delivery::{DeliveryEvent, DeliveryState};

/// One delivery with what it belongs to.
#[derive(Clone, Debug, FromRow)]
pub struct Delivery {
    pub id: i64,
    pub uuid: Uuid,
    pub tracking_id: String,
    pub state: DeliveryState,
    pub resource_uuid: Uuid,
    pub resource_name: String,
    pub plan: String,
    /// Kill Bill's id of the subscription.
    pub subscription: Uuid,
    pub month: NaiveDate,
    pub window_start: DateTime<Utc>,
    pub window_end: DateTime<Utc>,
    pub records: i32,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub read_back_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
    pub verified_at: Option<DateTime<Utc>>,
    pub recovered_at: Option<DateTime<Utc>>,
    pub invoice_uuid: Option<Uuid>,
    pub detail: Option<String>,
}

/// The sum of a delivery for one meter.
#[derive(Clone, Debug, FromRow)]
pub struct Unit {
    pub meter: String,
    pub unit: String,
    pub records: i32,
    /// In the meter's unit.
    pub quantity: Decimal,
    /// In Kill Bill's unit.
    pub amount: Decimal,
}

/// One event in a delivery's life.
#[derive(Clone, Debug, FromRow)]
pub struct Attempt {
    pub attempt: i32,
    pub kind: DeliveryEvent,
    pub at: DateTime<Utc>,
    pub outcome: DeliveryState,
    pub status: Option<i32>,
    pub code: Option<i64>,
    pub answer: Option<String>,
}

/// One record that a delivery carries.
#[derive(Clone, Debug, FromRow)]
pub struct Record {
    pub resource_id: i64,
    pub meter_id: i16,
    pub meter: String,
    pub hour: DateTime<Utc>,
    pub revision: i16,
    pub quantity: Decimal,
    pub delta: Decimal,
}

/// Which deliveries a list shows.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub state: Option<DeliveryState>,
    pub resource: Option<Uuid>,
}

macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "select d.id, d.uuid, d.tracking_id, d.state, r.uuid as resource_uuid, r.name as resource_name, s.plan,
                    s.killbill_id as subscription, d.month, d.window_start, d.window_end, d.records, d.attempts,
                    d.created_at, d.sent_at, d.read_back_at, d.settled_at, d.verified_at, d.recovered_at, i.uuid as invoice_uuid, d.detail
               from delivery d
               join subscription s on s.id = d.subscription_id
               join resource r on r.id = s.resource_id
               left join invoice i on i.id = d.invoice_id ",
            $rest
        )
    };
}

/// The delivery with that uuid.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<Delivery>> {
    sqlx::query_as(deliveries!("where d.uuid = $1"))
        .bind(uuid)
        .fetch_optional(pool)
        .await
}

/// How many deliveries the filter shows.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &DeliveryFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from delivery d
          where ($1::text is null or d.state = $1)
            and ($2::uuid is null or d.subscription_id in (
                    select s.id from subscription s join resource r on r.id = s.resource_id where r.uuid = $2))",
    )
    .bind(filter.state)
    .bind(filter.resource)
    .fetch_one(pool)
    .await
}

/// The deliveries of one page, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &DeliveryFilter, window: Window) -> sqlx::Result<Vec<Delivery>> {
    sqlx::query_as(deliveries!(
        "where ($1::text is null or d.state = $1) and ($2::uuid is null or r.uuid = $2)
         order by d.id desc
         limit $3 offset $4"
    ))
    .bind(filter.state)
    .bind(filter.resource)
    .bind(window.limit)
    .bind(window.offset)
    .fetch_all(pool)
    .await
}

/// The sums of a delivery, by meter.
///
/// # Errors
/// When the database fails.
pub async fn units(pool: &PgPool, id: i64) -> sqlx::Result<Vec<Unit>> {
    sqlx::query_as(
        "select m.name as meter, u.unit, u.records, u.quantity, u.amount
           from delivery_unit u join meter m on m.id = u.meter_id
          where u.delivery_id = $1 order by m.name",
    )
    .bind(id)
    .fetch_all(pool)
    .await
}

/// What happened to a delivery, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn attempts(pool: &PgPool, id: i64) -> sqlx::Result<Vec<Attempt>> {
    sqlx::query_as(
        "select attempt, kind, at, outcome, status, code, answer
           from delivery_attempt where delivery_id = $1 order by at, attempt",
    )
    .bind(id)
    .fetch_all(pool)
    .await
}

/// The records of a delivery, by hour. Found through its resource and window: there is no index by delivery, because
/// it would cost every record a second write.
///
/// # Errors
/// When the database fails.
pub async fn records(pool: &PgPool, delivery: &Delivery) -> sqlx::Result<Vec<Record>> {
    sqlx::query_as(
        "select u.resource_id, u.meter_id, m.name as meter, u.hour, u.revision, u.quantity, u.delta
           from usage_record u join meter m on m.id = u.meter_id
          where u.resource_id = (select id from resource where uuid = $1)
            and u.hour >= $2 and u.hour < $3 and u.delivery_id = $4
          order by u.hour, m.name, u.revision",
    )
    .bind(delivery.resource_uuid)
    .bind(delivery.window_start)
    .bind(delivery.window_end)
    .bind(delivery.id)
    .fetch_all(pool)
    .await
}
