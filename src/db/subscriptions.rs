//! Subscriptions: which of Kill Bill's subscriptions carries which resource on which plan, and what Kill Bill said
//! about it last.

mod account;
mod start;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::PgPool;
use sqlx::types::Json;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

use super::reach::consumed;
use super::timelines::{Kept, Timelines};
use crate::domain::hold::HoldCode;
use crate::domain::reach::Reach;
use crate::domain::timeline::{AccountTerms, Subscribed};
pub use account::{account_through, awaiting_run, awaits_run, begin_end, invoiced_through, keep_open};
pub use start::{Placed, Wanted, has_begun, hold_zeros, is_untouched, placed, replaced, wanted};

/// A subscription of ours.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Subscription {
    pub id: i64,
    pub resource_id: i64,
    pub plan: String,
    pub killbill_id: Uuid,
    pub billing_start: DateTime<Utc>,
    pub billing_end: Option<DateTime<Utc>>,
    pub charged_through: Option<NaiveDate>,
    /// As Kill Bill told it last.
    pub subscribed: Option<Json<Subscribed>>,
    pub told: Option<Json<BTreeMap<String, String>>>,
    /// When names that could not be told are tried again, and how often that failed.
    pub tell_at: Option<DateTime<Utc>>,
    pub telling_failures: i32,
    pub ended_at: Option<DateTime<Utc>>,
    /// When Kill Bill was last told to end it.
    pub ending_at: Option<DateTime<Utc>>,
    /// When it is read again, unless something is sent for it before.
    pub read_again_at: Option<DateTime<Utc>>,
}

/// So long after it was read, a subscription for which nothing is sent is read again. One that is used is read with each day's
/// delivery, which comes sooner.
const READ_AGAIN_AFTER: TimeDelta = TimeDelta::hours(30);

impl Subscription {
    /// What its timeline is made of.
    #[must_use]
    pub fn kept(&self, account_terms: Option<Json<AccountTerms>>) -> Kept {
        Kept {
            id: self.id,
            plan: self.plan.clone(),
            billing_start: self.billing_start,
            billing_end: self.billing_end,
            subscribed: self.subscribed.clone(),
            account_terms,
        }
    }

    /// Whether a request to end it that was never answered may still arrive at `now`, being on its way for `longest` at most.
    #[must_use]
    pub fn may_end_any_moment(&self, longest: Duration, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.ending_at.is_some_and(|told| now < told + longest)
    }

    /// Whether what Kill Bill says of it may be another thing by now.
    #[must_use]
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.read_again_at.is_some_and(|at| at <= now)
    }
}

/// What Kill Bill says about a subscription.
#[derive(Clone, Debug)]
pub struct Facts {
    pub killbill_id: Uuid,
    pub bundle_id: Uuid,
    pub billing_start: DateTime<Utc>,
    pub billing_end: Option<DateTime<Utc>>,
    pub charged_through: Option<NaiveDate>,
    /// What its timeline is made of.
    pub subscribed: Subscribed,
    /// What that prices, sooner or later.
    pub units: Vec<String>,
}

const COLUMNS: &str = "id, resource_id, plan, killbill_id, billing_start, billing_end, charged_through, subscribed, told, tell_at, telling_failures, ended_at, ending_at, read_again_at";

/// The subscriptions of a resource, without those that were replaced.
///
/// # Errors
/// When the database fails.
pub async fn of_resource(pool: &PgPool, resource_id: i64) -> sqlx::Result<Vec<Subscription>> {
    let query = sqlx::AssertSqlSafe(format!(
        "select {COLUMNS} from subscription where resource_id = $1 and replaced_at is null order by id"
    ));
    sqlx::query_as(query).bind(resource_id).fetch_all(pool).await
}

/// Writes down a subscription, or what changed about it. A resource that had ended is alive again. What it is charged through
/// only grows: a run that finds nothing but late usage makes Kill Bill tell the end of that usage's period, and what lies after
/// it is invoiced all the same.
///
/// # Errors
/// When the database fails.
pub async fn store(
    pool: &PgPool,
    resource_id: i64,
    plan: &str,
    external_key: &str,
    facts: &Facts,
    now: DateTime<Utc>,
) -> sqlx::Result<Subscription> {
    let query = sqlx::AssertSqlSafe(format!(
        "insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, billing_end, charged_through, subscribed, created_at, units, bundle_id, read_again_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (resource_id, plan) where replaced_at is null do update set killbill_id = excluded.killbill_id, billing_start = excluded.billing_start,
             billing_end = excluded.billing_end,
             charged_through = case when subscription.killbill_id = excluded.killbill_id
                                    then greatest(subscription.charged_through, excluded.charged_through)
                                    else excluded.charged_through end,
             subscribed = excluded.subscribed, units = excluded.units,
             bundle_id = excluded.bundle_id, read_again_at = excluded.read_again_at
         returning {COLUMNS}"
    ));
    sqlx::query_as(query)
        .bind(resource_id)
        .bind(plan)
        .bind(external_key)
        .bind(facts.killbill_id)
        .bind(facts.billing_start)
        .bind(facts.billing_end)
        .bind(facts.charged_through)
        .bind(Json(&facts.subscribed))
        .bind(now)
        .bind(&facts.units)
        .bind(facts.bundle_id)
        .bind(now + READ_AGAIN_AFTER)
        .fetch_one(pool)
        .await
}

/// Something changed in Kill Bill about `object`, which may be a subscription, a bundle or an account: the subscriptions that
/// it is about are read again with the next pass.
///
/// # Errors
/// When the database fails.
pub async fn read_soon(pool: &PgPool, object: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "update subscription set read_again_at = $2
         where ended_at is null and replaced_at is null and read_again_at > $2 and id in (
             select id from subscription where killbill_id = $1
             union all select id from subscription where bundle_id = $1
             union all select s.id from customer c join resource r on r.customer_id = c.id join subscription s on s.resource_id = r.id
                       where c.account_id = $1)",
    )
    .bind(object)
    .bind(now)
    .execute(pool)
    .await
    .map(drop)
}

/// The catalog is another one: works out anew what running subscriptions price.
///
/// # Errors
/// When the database fails.
pub async fn price_units(pool: &PgPool, currency: &str) -> sqlx::Result<()> {
    let timelines = Timelines::load(pool, currency).await?;
    let (mut after, mut db) = (0, pool.acquire().await?);
    loop {
        let ids: Vec<i64> =
            sqlx::query_scalar("select id from subscription where id > $1 and ended_at is null order by id limit 1000")
                .bind(after)
                .fetch_all(&mut *db)
                .await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        for (id, timeline) in timelines.of_subscriptions(&mut db, &ids).await? {
            sqlx::query("update subscription set units = $2 where id = $1 and units <> $2")
                .bind(id)
                .bind(timeline.units())
                .execute(&mut *db)
                .await?;
        }
    }
}

/// What came of telling a subscription's names to Kill Bill.
#[derive(Clone, Debug)]
pub enum Names {
    Told {
        wanted: BTreeMap<String, String>,
        /// What it has instead, where it does not take them as they are.
        shown: Option<BTreeMap<String, String>>,
    },
    Untold {
        error: String,
        tell_at: DateTime<Utc>,
    },
}

/// Remembers it.
///
/// # Errors
/// When the database fails.
pub async fn names(pool: &PgPool, id: i64, names: &Names) -> sqlx::Result<()> {
    let query = match names {
        Names::Told { wanted, shown } => sqlx::query(
            "update subscription set told = $2, shown = $3, telling_error = null, tell_at = null, telling_failures = 0
             where id = $1",
        )
        .bind(id)
        .bind(Json(wanted))
        .bind(shown.as_ref().map(Json)),
        Names::Untold { error, tell_at } => sqlx::query(
            "update subscription set telling_error = $2, tell_at = $3, telling_failures = telling_failures + 1 where id = $1",
        )
        .bind(id)
        .bind(error)
        .bind(tell_at),
    };
    query.execute(pool).await.map(drop)
}

/// The subscription was cancelled in Kill Bill as of `at`.
///
/// # Errors
/// When the database fails.
pub async fn ended(pool: &PgPool, id: i64, at: DateTime<Utc>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("update subscription set billing_end = $2, ended_at = $3 where id = $1")
        .bind(id)
        .bind(at)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

/// Whether the resource has a running subscription on the plan, or one that ended.
///
/// # Errors
/// When the database fails.
pub async fn is_there(pool: &PgPool, resource_id: i64, plan: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from subscription where resource_id = $1 and plan = $2 and replaced_at is null)",
    )
    .bind(resource_id)
    .bind(plan)
    .fetch_one(pool)
    .await
}

/// What a termination waits for.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Ending {
    /// Records that are not held and in no delivery yet, and those that a running subscription takes when an obstacle is gone.
    pub waiting: i64,
    /// Deliveries that are not known to have arrived.
    pub under_way: i64,
    /// The last hour that consumes, within reach or let go.
    pub last_hour: Option<DateTime<Utc>>,
}

/// How far a terminated resource is from its end.
///
/// # Errors
/// When the database fails.
pub async fn ending(pool: &PgPool, resource_id: i64, reach: Reach) -> sqlx::Result<Ending> {
    sqlx::query_as(concat!(
        "select (select count(*) from usage_record u join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
                 where u.resource_id = $1 and o.way = 'usage' and u.delivery_id is null and not u.superseded and u.hold is null
                   and (o.hold is null or o.hold = any($2) and exists (
                        select from subscription s where s.resource_id = o.resource_id and s.plan = o.plan and s.ended_at is null))) as waiting,
                (select count(*) from delivery d join subscription s on s.id = d.subscription_id
                 where s.resource_id = $1 and d.state in ('prepared', 'sending', 'unknown', 'refused')) as under_way,
                (select max(u.hour) from usage_record u where u.resource_id = $1 and ",
        consumed!(),
        "       and (u.hour <= $3 or is_released(u.resource_id, u.meter_id, u.hour))) as last_hour",
    ))
    .bind(resource_id)
    .bind(HoldCode::obstacles())
    .bind(reach.newest)
    .fetch_one(pool)
    .await
}

/// Whether the subscription's plan costs something by itself, whatever is used.
///
/// # Errors
/// When the database fails.
pub async fn has_base_fee(pool: &PgPool, subscription: &Subscription) -> sqlx::Result<bool> {
    sqlx::query_scalar("select coalesce(bool_or(recurring), false) from route where resource_id = $1 and plan = $2")
        .bind(subscription.resource_id)
        .bind(&subscription.plan)
        .fetch_one(pool)
        .await
}

/// All that belongs to the resource has ended in Kill Bill.
///
/// # Errors
/// When the database fails.
pub async fn resource_ended(pool: &PgPool, resource_id: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("update resource set ended_at = $2 where id = $1 and terminated_at is not null")
        .bind(resource_id)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}
