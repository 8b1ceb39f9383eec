//! Table `obstacle`: what keeps all hours of a customer, or of one plan of a resource, from Kill Bill although price list and
//! register are in order. The routes in its scope carry its code and text as their hold; when it is gone they are free again.
//!
//! `routes` decides where a meter goes and leaves these holds alone, as long as it goes the same way.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::hold::HoldCode;

/// What an obstacle stands in the way of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Everything of a customer: its account cannot be used.
    Customer(i64),
    /// One plan of one of its resources.
    Plan {
        customer_id: i64,
        resource_id: i64,
        plan: &'a str,
    },
}

impl<'a> Scope<'a> {
    const fn columns(self) -> (i64, Option<i64>, Option<&'a str>) {
        match self {
            Self::Customer(customer_id) => (customer_id, None, None),
            Self::Plan {
                customer_id,
                resource_id,
                plan,
            } => (customer_id, Some(resource_id), Some(plan)),
        }
    }
}

/// An obstacle as it was met.
#[derive(Clone, Debug)]
pub struct Met {
    pub code: HoldCode,
    /// What is the matter, as people read it beside each of the hours.
    pub detail: String,
    /// Whether it holds hours from now on, or may pass by itself.
    pub holds: bool,
    pub look_at: DateTime<Utc>,
}

/// An obstacle that stands in a resource's way.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Standing {
    /// None: it concerns the customer as a whole.
    pub plan: Option<String>,
    pub detail: String,
    pub holds: bool,
    pub since: DateTime<Utc>,
    /// How often it was met.
    pub attempts: i32,
    pub look_at: DateTime<Utc>,
}

/// Writes down an obstacle, new or met again, and holds the routes in its scope.
///
/// # Errors
/// When the database fails; nothing has changed then.
pub async fn put(pool: &PgPool, scope: Scope<'_>, met: &Met, now: DateTime<Utc>) -> sqlx::Result<()> {
    let (customer_id, resource_id, plan) = scope.columns();
    let mut tx = pool.begin().await?;
    sqlx::query(
        "insert into obstacle as b (customer_id, resource_id, plan, code, detail, holds, since, attempts, look_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8)
         on conflict on constraint obstacle_scope_key do update set
             code = excluded.code, detail = excluded.detail, holds = excluded.holds, attempts = b.attempts + 1,
             look_at = excluded.look_at",
    )
    .bind(customer_id)
    .bind(resource_id)
    .bind(plan)
    .bind(met.code)
    .bind(&met.detail)
    .bind(met.holds)
    .bind(now)
    .bind(met.look_at)
    .execute(&mut *tx)
    .await?;
    hold_routes(&mut tx, customer_id, resource_id).await?;
    tx.commit().await
}

/// The obstacle is gone: what it held is free. True when there was one.
///
/// # Errors
/// When the database fails; nothing has changed then.
pub async fn clear(pool: &PgPool, scope: Scope<'_>) -> sqlx::Result<bool> {
    let (customer_id, resource_id, plan) = scope.columns();
    let mut tx = pool.begin().await?;
    let gone = sqlx::query(
        "delete from obstacle
         where customer_id = $1 and resource_id is not distinct from $2 and plan is not distinct from $3",
    )
    .bind(customer_id)
    .bind(resource_id)
    .bind(plan)
    .execute(&mut *tx)
    .await?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    hold_routes(&mut tx, customer_id, resource_id).await?;
    tx.commit().await?;
    Ok(true)
}

/// Holds routes that came since the obstacles were met.
///
/// # Errors
/// When the database fails; nothing has changed then.
pub async fn apply(pool: &PgPool, customer_id: i64, resource_id: i64) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    hold_routes(&mut tx, customer_id, Some(resource_id)).await?;
    tx.commit().await
}

/// Makes the routes of a customer, or of one resource, say what their obstacles do: those with another reason keep it.
async fn hold_routes(conn: &mut PgConnection, customer_id: i64, resource_id: Option<i64>) -> sqlx::Result<()> {
    // As in `routes`: one at a time, or two that touch the same rows in another order would lock each other out.
    sqlx::query("select pg_advisory_xact_lock(hashtext('route'))")
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "with wanted as (
             select o.resource_id, o.meter_id, b.code, b.detail
             from resource r join route o on o.resource_id = r.id
             left join lateral (
                 select code, detail from obstacle
                 where customer_id = $1 and holds and (resource_id is null or resource_id = r.id) and (plan is null or plan = o.plan)
                 order by resource_id nulls first limit 1
             ) b on true
             where r.customer_id = $1 and ($2::bigint is null or r.id = $2)
         )
         update route o set hold = w.code, hold_detail = w.detail
         from wanted w
         where w.resource_id = o.resource_id and w.meter_id = o.meter_id and (o.hold is null or o.hold = any($3))
           and (o.hold, o.hold_detail) is distinct from (w.code, w.detail)",
    )
    .bind(customer_id)
    .bind(resource_id)
    .bind(HoldCode::obstacles())
    .execute(conn)
    .await
    .map(drop)
}

/// What stands in the resource's way, in its customer's first.
///
/// # Errors
/// When the database fails.
pub async fn of_resource(pool: &PgPool, customer_id: i64, resource_id: i64) -> sqlx::Result<Vec<Standing>> {
    sqlx::query_as(
        "select plan, detail, holds, since, attempts, look_at from obstacle
         where customer_id = $1 and (resource_id is null or resource_id = $2) order by resource_id nulls first, id",
    )
    .bind(customer_id)
    .bind(resource_id)
    .fetch_all(pool)
    .await
}

/// Something changed that obstacles may depend on (a catalog, a permission, a registration): all of them, or those of one
/// customer, are tried again with the next pass.
///
/// # Errors
/// When the database fails.
pub async fn look_soon(pool: &PgPool, customer: Option<Uuid>, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update obstacle b set look_at = $2
         where b.look_at > $2 and ($1::uuid is null or b.customer_id = (select id from customer where uuid = $1))",
    )
    .bind(customer)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(result.rows_affected())
}

/// An obstacle that holds hours, with what they are worth.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Costly {
    pub customer_id: i64,
    pub customer: Uuid,
    pub customer_name: String,
    pub resource_id: Option<i64>,
    pub resource: Option<Uuid>,
    pub resource_name: Option<String>,
    pub plan: Option<String>,
    pub code: HoldCode,
    pub detail: String,
    pub since: DateTime<Utc>,
    pub attempts: i32,
    /// Records that wait for it.
    pub records: i64,
    pub first_hour: DateTime<Utc>,
    pub last_hour: DateTime<Utc>,
    /// At today's list price, in the given currency.
    pub worth: Decimal,
}

/// The obstacles for which records wait now.
///
/// # Errors
/// When the database fails.
pub async fn costly(pool: &PgPool, currency: &str) -> sqlx::Result<Vec<Costly>> {
    sqlx::query_as(
        "with price as materialized (
             select plan, unit, hourly from price_item
             where version_id = (select id from catalog_version where in_force) and currency = $1
         )
         select b.customer_id, c.uuid as customer, c.name as customer_name, b.resource_id, r.uuid as resource,
                r.name as resource_name, b.plan, b.code, b.detail, b.since, b.attempts,
                w.records, w.first_hour, w.last_hour, round(w.worth, 9) as worth
         from obstacle b
         join customer c on c.id = b.customer_id
         left join resource r on r.id = b.resource_id
         cross join lateral (
             select count(*) as records, min(u.hour) as first_hour, max(u.hour) as last_hour,
                    figure(coalesce(sum(u.delta * p.hourly), 0)) as worth
             from resource s
             join route o on o.resource_id = s.id and o.hold = b.code and (b.plan is null or o.plan = b.plan)
             join usage_record u on u.resource_id = o.resource_id and u.meter_id = o.meter_id
              and u.delivery_id is null and u.settlement_line_id is null and not u.superseded
             left join price p on p.plan = o.plan and p.unit is not distinct from o.unit
             where s.customer_id = b.customer_id and (b.resource_id is null or s.id = b.resource_id)
         ) w
         where b.holds and w.records > 0
         order by b.id",
    )
    .bind(currency)
    .fetch_all(pool)
    .await
}
