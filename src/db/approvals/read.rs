//! The groups, with what they are worth.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::db::window::Window;
use crate::domain::settlement::{Class, CorrectionState};

/// Hours that are decided about together.
#[derive(Clone, Debug, FromRow)]
pub struct Approval {
    pub uuid: Uuid,
    pub class: Class,
    pub state: CorrectionState,
    pub resource_uuid: Uuid,
    pub resource_name: String,
    pub customer_uuid: Option<Uuid>,
    pub customer_name: Option<String>,
    pub meter: String,
    pub month: NaiveDate,
    pub records: i64,
    /// In the meter's unit, signed.
    pub quantity: Decimal,
    /// At the list price of today; none where there is no price.
    pub estimate: Option<Decimal>,
    pub currency: Option<String>,
    pub first_hour: Option<DateTime<Utc>>,
    pub last_hour: Option<DateTime<Utc>>,
    pub reason: Option<String>,
    pub decided_by: Option<String>,
    pub created_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
}

/// Which groups a list shows; empty means all.
#[derive(Clone, Debug, Default)]
pub struct ApprovalFilter {
    pub state: Option<CorrectionState>,
    pub class: Option<Class>,
    pub resource: Option<Uuid>,
    pub customer: Option<Uuid>,
}

macro_rules! approvals {
    ($rest:literal) => {
        concat!(
            "select a.uuid, a.class, a.state, r.uuid as resource_uuid, r.name as resource_name, c.uuid as customer_uuid,
                    c.name as customer_name, m.name as meter, a.month, w.records, w.quantity, figure(w.quantity * p.hourly) as estimate,
                    p.currency, w.first_hour, w.last_hour, a.reason, a.decided_by, a.created_at, a.decided_at
             from approval a
             join resource r on r.id = a.resource_id
             join meter m on m.id = a.meter_id
             left join customer c on c.id = r.customer_id
             left join route o on o.resource_id = a.resource_id and o.meter_id = a.meter_id
             left join price_item p on p.plan = o.plan and p.unit is not distinct from o.unit
                                   and p.version_id = (select v.id from catalog_version v where v.in_force)
             cross join lateral (
                 select count(*) as records, coalesce(sum(u.delta), 0) as quantity, min(u.hour) as first_hour, max(u.hour) as last_hour
                 from usage_record u
                 where u.resource_id = a.resource_id and u.meter_id = a.meter_id and u.approval_id = a.id
                   and u.hour >= a.month and u.hour < a.month + interval '1 month'
                   -- A newer revision is asked about by itself.
                   and (not u.superseded or a.state <> 'waiting')
             ) w ",
            $rest
        )
    };
}

/// How many groups the filter shows.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &ApprovalFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from approval a join resource r on r.id = a.resource_id left join customer c on c.id = r.customer_id
         where ($1::text is null or a.state = $1) and ($2::text is null or a.class = $2)
           and ($3::uuid is null or r.uuid = $3) and ($4::uuid is null or c.uuid = $4)",
    )
    .bind(filter.state)
    .bind(filter.class)
    .bind(filter.resource)
    .bind(filter.customer)
    .fetch_one(pool)
    .await
}

/// One page, those that wait first, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &ApprovalFilter, window: Window) -> sqlx::Result<Vec<Approval>> {
    sqlx::query_as(approvals!(
        "where ($1::text is null or a.state = $1) and ($2::text is null or a.class = $2)
           and ($3::uuid is null or r.uuid = $3) and ($4::uuid is null or c.uuid = $4)
         order by a.state <> 'waiting', a.id limit $5 offset $6"
    ))
    .bind(filter.state)
    .bind(filter.class)
    .bind(filter.resource)
    .bind(filter.customer)
    .bind(window.limit)
    .bind(window.offset)
    .fetch_all(pool)
    .await
}

/// The group with that uuid.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<Approval>> {
    sqlx::query_as(approvals!("where a.uuid = $1"))
        .bind(uuid)
        .fetch_optional(pool)
        .await
}
