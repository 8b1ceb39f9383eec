//! Gaps put together with what was declared: each piece is either missing or intentional, and a missing one has its worth.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, FromRow, PgPool};
use uuid::Uuid;

use crate::db::window::Window;

/// Hours of a meter without a record.
#[derive(Clone, Debug, FromRow)]
pub struct GapRow {
    pub resource_uuid: Uuid,
    pub resource_name: String,
    pub customer_uuid: Option<Uuid>,
    pub customer_name: Option<String>,
    pub meter: String,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    pub hours: i64,
    /// What was metered in the hour before the gap.
    pub quantity: Decimal,
    /// That quantity for every hour, at today's list price; none without a price.
    pub worth: Option<Decimal>,
    pub currency: Option<String>,
    pub found_at: DateTime<Utc>,
    /// The declaration that covers it.
    pub declaration: Option<Uuid>,
    pub reason: Option<String>,
}

/// Which gaps to list; empty means all.
#[derive(Clone, Debug, Default)]
pub struct GapFilter {
    /// The customers that the caller may see; none for all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    pub resource: Option<Uuid>,
    pub meter: Option<String>,
    pub declared: Option<bool>,
}

// Where declarations overlap, the latest one is named; its hours are counted once.
const PIECES: &str = "
    with declared as (
        select m.resource_id, m.meter_id, m.starts as gap, m.quantity, m.found_at,
               tstzrange(m.starts, m.ends) * tstzrange(g.starts, g.ends) as piece, g.id, g.uuid, g.reason
        from missing_hours m
        join declared_gap g on g.resource_id = m.resource_id and g.withdrawn_at is null
         and (g.meter_id is null or g.meter_id = m.meter_id) and tstzrange(m.starts, m.ends) && tstzrange(g.starts, g.ends)
    ), piece as (
        select m.resource_id, m.meter_id, m.quantity, m.found_at, p as piece, null::uuid as declaration, null::text as reason
        from missing_hours m
        cross join lateral unnest(tstzmultirange(tstzrange(m.starts, m.ends)) - coalesce(
            (select range_agg(d.piece) from declared d
             where d.resource_id = m.resource_id and d.meter_id = m.meter_id and d.gap = m.starts), '{}'::tstzmultirange)) p
        union all
        select d.resource_id, d.meter_id, d.quantity, d.found_at, p, d.uuid, d.reason
        from declared d
        cross join lateral unnest(tstzmultirange(d.piece) - coalesce(
            (select range_agg(l.piece) from declared l
             where l.resource_id = d.resource_id and l.meter_id = d.meter_id and l.gap = d.gap and l.id > d.id), '{}'::tstzmultirange)) p
    ), price as materialized (
        select plan, unit, currency, hourly from price_item
        where version_id = (select id from catalog_version where in_force) and currency = $1 and unit is not null
    ), shown as (
        select r.uuid as resource_uuid, r.name as resource_name, c.uuid as customer_uuid, c.name as customer_name, n.name as meter,
               lower(x.piece) as starts, upper(x.piece) as ends,
               (extract(epoch from upper(x.piece) - lower(x.piece)) / 3600)::bigint as hours, x.quantity,
               figure(x.quantity * (extract(epoch from upper(x.piece) - lower(x.piece)) / 3600)::bigint * p.hourly) as worth,
               p.currency, x.found_at, x.declaration, x.reason
        from piece x
        join resource r on r.id = x.resource_id
        left join customer c on c.id = r.customer_id
        join meter n on n.id = x.meter_id
        left join route o on o.resource_id = x.resource_id and o.meter_id = x.meter_id
        left join price p on p.plan = o.plan and p.unit = o.unit
        where ($2::uuid[] is null or c.uuid = any($2)) and ($3::uuid is null or c.uuid = $3)
          and ($4::uuid is null or r.uuid = $4) and ($5::text is null or n.name = $5)
          and ($6::boolean is null or (x.declaration is not null) = $6)
    )";

/// How many there are, for paging.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, currency: &str, filter: &GapFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(AssertSqlSafe(format!("{PIECES} select count(*) from shown")))
        .bind(currency)
        .bind(&filter.visible)
        .bind(filter.customer)
        .bind(filter.resource)
        .bind(&filter.meter)
        .bind(filter.declared)
        .fetch_one(pool)
        .await
}

/// One page, the longest first.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, currency: &str, filter: &GapFilter, window: Window) -> sqlx::Result<Vec<GapRow>> {
    let query =
        format!("{PIECES} select * from shown order by hours desc, starts, resource_uuid, meter limit $7 offset $8");
    sqlx::query_as(AssertSqlSafe(query))
        .bind(currency)
        .bind(&filter.visible)
        .bind(filter.customer)
        .bind(filter.resource)
        .bind(&filter.meter)
        .bind(filter.declared)
        .bind(window.limit)
        .bind(window.offset)
        .fetch_all(pool)
        .await
}

/// What is missing in all, by meter; what was declared does not count.
#[derive(Clone, Debug, FromRow)]
pub struct Missing {
    pub meter: String,
    pub gaps: i64,
    pub hours: i64,
    /// Of those with a price, in the billing currency.
    pub worth: Decimal,
}

/// The sums for the metrics.
///
/// # Errors
/// When the database fails.
pub async fn missing(pool: &PgPool, currency: &str) -> sqlx::Result<Vec<Missing>> {
    let query = format!(
        "{PIECES} select meter, count(*) as gaps, coalesce(sum(hours), 0)::bigint as hours, coalesce(sum(worth), 0) as worth
         from shown group by meter order by meter"
    );
    sqlx::query_as(AssertSqlSafe(query))
        .bind(currency)
        .bind(None::<Vec<Uuid>>)
        .bind(None::<Uuid>)
        .bind(None::<Uuid>)
        .bind(None::<String>)
        .bind(false)
        .fetch_all(pool)
        .await
}
