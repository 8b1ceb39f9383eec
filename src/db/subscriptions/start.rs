//! What decides when subscriptions begin, and whether one that began elsewhere may still be replaced.

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use crate::db::reach::consumed;
use crate::domain::hold::HoldCode;
use crate::domain::reach::Reach;

/// A plan that a resource needs and has no subscription of.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Wanted {
    pub plan: String,
    pub recurring: bool,
    /// The first hour that consumes.
    pub first_hour: DateTime<Utc>,
    /// How many subscriptions of the plan were replaced before.
    pub replaced: i64,
}

/// Plans that the resource's open records are routed to and that have no subscription, with the first hour that consumes;
/// those with an obstacle that stood in their way before as well.
///
/// # Errors
/// When the database fails.
pub async fn wanted(pool: &PgPool, resource_id: i64) -> sqlx::Result<Vec<Wanted>> {
    sqlx::query_as(concat!(
        "select o.plan, bool_or(o.recurring) as recurring, min(u.hour) as first_hour,
                (select count(*) from subscription s where s.resource_id = $1 and s.plan = o.plan) as replaced
         from usage_record u join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
         where u.resource_id = $1 and (o.hold is null or o.hold = any($2)) and o.way = 'usage'
           and u.delivery_id is null and u.settlement_line_id is null and ",
        consumed!(),
        "  and not exists (select 1 from subscription s where s.resource_id = u.resource_id and s.plan = o.plan and s.replaced_at is null)
         group by o.plan",
    ))
    .bind(resource_id)
    .bind(HoldCode::obstacles())
    .fetch_all(pool)
    .await
}

/// Zeros of plans that nothing has been consumed of wait for a subscription, which they do not begin; those that have got one
/// go. Two statements, for the two partial indexes.
///
/// # Errors
/// When the database fails.
pub async fn hold_zeros(pool: &PgPool, resource_id: i64) -> sqlx::Result<()> {
    for statement in [ZEROS_WAIT, ZEROS_GO] {
        sqlx::query(statement).bind(resource_id).execute(pool).await?;
    }
    Ok(())
}

const ZEROS_WAIT: &str = "
    update usage_record u set hold = 'nothing-consumed' from route o
    where u.resource_id = $1 and o.resource_id = $1 and o.meter_id = u.meter_id and o.way = 'usage' and o.hold is null
      and u.delivery_id is null and not u.superseded and u.hold is null and u.quantity = 0 and u.delta = 0
      and not exists (select from subscription s where s.resource_id = $1 and s.plan = o.plan and s.replaced_at is null)";

const ZEROS_GO: &str = "
    update usage_record u set hold = null from route o
    where u.resource_id = $1 and o.resource_id = $1 and o.meter_id = u.meter_id
      and u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold is not null
      and u.hold = 'nothing-consumed'
      and (o.hold is not null or o.way <> 'usage'
           or exists (select from subscription s where s.resource_id = $1 and s.plan = o.plan and s.replaced_at is null))";

/// A subscription of which nothing is known to be billed, with what decides when it should begin.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Placed {
    pub id: i64,
    pub plan: String,
    pub killbill_id: Uuid,
    pub billing_start: DateTime<Utc>,
    pub recurring: bool,
    /// The first hour that consumes, within reach or let go.
    pub first_hour: Option<DateTime<Utc>>,
}

/// The running subscriptions of a resource that may still begin at another time.
///
/// # Errors
/// When the database fails.
pub async fn placed(pool: &PgPool, resource_id: i64, reach: Reach) -> sqlx::Result<Vec<Placed>> {
    sqlx::query_as(concat!(
        "select s.id, s.plan, s.killbill_id, s.billing_start, coalesce(bool_or(o.recurring), false) as recurring, min(f.hour) as first_hour
         from subscription s
         left join route o on o.resource_id = s.resource_id and o.plan = s.plan
         left join lateral (
             select u.hour from usage_record u
             where u.resource_id = o.resource_id and u.meter_id = o.meter_id and ",
        consumed!(),
        "      and (u.hour between $2 and $3 or is_released(u.resource_id, u.meter_id, u.hour))
             order by u.hour limit 1
         ) f on true
         where s.resource_id = $1 and s.ended_at is null and s.replaced_at is null and s.charged_through is null
         group by s.id order by s.id",
    ))
    .bind(resource_id)
    .bind(reach.oldest)
    .bind(reach.newest)
    .fetch_all(pool)
    .await
}

/// That the subscription `s` carries nothing, for all that the ledger knows: what was sent came back hour by hour, and is read
/// back; no invoice has a line of it.
macro_rules! untouched {
    () => {
        "s.charged_through is null
         and not exists (select from delivery d where d.subscription_id = s.id and d.state not in ('verified', 'withdrawn'))
         and not exists (select from invoice_item x where x.subscription_killbill_id = s.killbill_id)
         and not exists (select from delivery d
                         join usage_record u on u.resource_id = s.resource_id and u.delivery_id = d.id
                          and u.hour >= d.window_start and u.hour < d.window_end
                         where d.subscription_id = s.id
                         group by u.meter_id, u.hour having sum(u.delta) <> 0)"
    };
}

/// Whether nothing of the subscription stands in the way of ending it where it began.
///
/// # Errors
/// When the database fails.
pub async fn is_untouched(pool: &PgPool, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(concat!("select ", untouched!(), " from subscription s where s.id = $1"))
        .bind(id)
        .fetch_one(pool)
        .await
}

/// Whether a resource has a subscription that has to stay where it began.
///
/// # Errors
/// When the database fails.
pub async fn has_begun(executor: impl PgExecutor<'_>, resource_id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(concat!(
        "select exists (select from subscription s where s.resource_id = $1 and s.replaced_at is null
                        and (s.ending_at is not null or s.ended_at is not null or not (",
        untouched!(),
        ")))"
    ))
    .bind(resource_id)
    .fetch_one(executor)
    .await
}

/// Kill Bill was told to end it where it began: it is one of the past, and its resource is looked at again at once.
///
/// # Errors
/// When the database fails.
pub async fn replaced(pool: &PgPool, id: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "with gone as (
             update subscription set replaced_at = $2, ended_at = $2, billing_end = billing_start where id = $1 returning id, resource_id
         ), believed as (
             delete from lane_doubt where subscription_id = $1
         )
         update resource r set examine_at = $2, held_since = coalesce(held_since, $2) from gone where r.id = gone.resource_id",
    )
    .bind(id)
    .bind(now)
    .execute(pool)
    .await
    .map(drop)
}
