//! Which resources have something to tell, and who may speak for them: one worker at a time, for a limited time.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use crate::db::lease::{self, Failure};
use crate::domain::timeline::AccountTerms;

/// A leased resource with all that a worker needs to know of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Work {
    pub id: i64,
    pub uuid: Uuid,
    pub name: String,
    pub project_name: String,
    pub service_name: String,
    pub started_at: Option<DateTime<Utc>>,
    pub terminated_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub failures: i32,
    pub customer_id: i64,
    pub customer_uuid: Uuid,
    pub customer_name: String,
    pub customer_email: String,
    pub account_id: Option<Uuid>,
    pub parked: bool,
    /// What the account says about its billing; none while it was not read.
    pub account_terms: Option<Json<AccountTerms>>,
    /// Its held hours are to be looked at again.
    pub examine: bool,
}

/// A resource with work to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Candidate {
    pub id: i64,
    pub customer_id: i64,
}

const CANDIDATES: &str = concat!(
    "with pending as (
         select u.resource_id, u.meter_id, max(",
    settles_at!("$2"),
    ") as settled, max(u.recorded_at) as came from usage_record u where ",
    settled_rows!("$2", "$1"),
    " group by u.resource_id, u.meter_id
     ), busy as (
         select p.resource_id from pending p join route o using (resource_id, meter_id) join resource r on r.id = p.resource_id
         where o.hold is null and o.way = 'usage'
           and (r.due_at is null or r.due_at <= $3 or r.terminated_at is not null
                -- Looked at by a clock that was set back since.
                or r.looked_at is null or r.looked_at > $1 or p.settled > r.looked_at
                -- An hour of an earlier day that came late; a push that began before the look may have been stored after it.
                or p.came > r.looked_at - interval '1 minute')
         union
         select s.resource_id from delivery d join subscription s on s.id = d.subscription_id
         where d.state in ('prepared', 'sending', 'delivered') or (d.state = 'unknown' and d.read_back_at <= $1)
         union
         -- Kill Bill's books are to be compared with ours, whether or not anything waits.
         select s.resource_id from lane_doubt b join subscription s on s.id = b.subscription_id where b.look_at <= $1
         union
         select id from resource where terminated_at is not null and ended_at is null
         union
         -- Hours that were held: their reason may be gone.
         select id from resource where examine_at <= $1
         union
         -- Nothing was sent for so long that Kill Bill may say something else by now.
         select s.resource_id from subscription s join resource r on r.id = s.resource_id join customer c on c.id = r.customer_id
         where s.read_again_at <= $1 and s.ended_at is null and s.replaced_at is null and '__PARK__' <> all(c.account_tags)
           and not exists (select from obstacle b where b.customer_id = r.customer_id and b.look_at > $1
                                                    and (b.resource_id is null or b.resource_id = r.id))
         union
         -- What stood in their way is to be tried again; one resource tries for its customer.
         select coalesce(b.resource_id, (
             select min(r.id) from resource r join route o on o.resource_id = r.id where r.customer_id = b.customer_id and o.hold = b.code
         )) from obstacle b where b.look_at <= $1
         union
         -- Late usage of a terminated resource may have begun a subscription: it has to end like the others.
         select s.resource_id from subscription s join resource r on r.id = s.resource_id
         where s.ended_at is null and (r.terminated_at is not null
             or (s.tell_at is null or s.tell_at <= $1) and s.told is distinct from jsonb_build_object(
             'resource_name', r.name, 'project_name', r.project_name, 'service_name', r.service_name))
     )
     select r.id, r.customer_id from busy b join resource r on r.id = b.resource_id
     where r.customer_id is not null
       and (r.lease_until is null or r.lease_until < $1)
       and (r.next_attempt_at is null or r.next_attempt_at <= $1)
     order by row_number() over (partition by r.customer_id order by r.next_attempt_at nulls first, r.id),
              r.next_attempt_at nulls first, r.id",
);

/// Registered resources with work to do now: records that have settled, deliveries on their way, a termination, names that
/// Kill Bill was not told yet, holds to be looked at and subscriptions to be read again. Customers take turns; of each, the
/// resource that waited longest comes first.
///
/// # Errors
/// When the database fails.
///
/// Hours whose day is not over (`later` says, see `domain::due`) are looked at once, as they settle: what is wrong with them is
/// told at once.
pub async fn candidates(
    pool: &PgPool,
    now: DateTime<Utc>,
    settle_after: Duration,
    later: DateTime<Utc>,
) -> sqlx::Result<Vec<Candidate>> {
    sqlx::query_as(CANDIDATES)
        .bind(now)
        .bind(delta(settle_after))
        .bind(later)
        .fetch_all(pool)
        .await
}

/// What had settled by `at` was looked at; some of it waits until `due_at`, by the later clock. None = nothing does.
///
/// # Errors
/// When the database fails.
pub async fn looked(pool: &PgPool, id: i64, at: DateTime<Utc>, due_at: Option<DateTime<Utc>>) -> sqlx::Result<()> {
    sqlx::query(
        "update resource set looked_at = $2, due_at = $3 where id = $1 and (due_at is not null or $3 is not null)",
    )
    .bind(id)
    .bind(at)
    .bind(due_at)
    .execute(pool)
    .await
    .map(drop)
}

/// Leases a resource to `owner` until `until`; None when somebody else has it, or when delivery was paused meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    pool: &PgPool,
    id: i64,
    owner: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Option<Work>> {
    const TAKE: &str = concat!(
        "update resource r set lease_owner = $2, lease_until = $4
         from customer c
         where r.id = $1 and c.id = r.customer_id and (r.lease_until is null or r.lease_until < $3)
           and ",
        lease::delivery_goes_on!(),
        " returning r.id, r.uuid, r.name, r.project_name, r.service_name, r.started_at, r.terminated_at, r.updated_at,
                   r.failures, c.id as customer_id, c.uuid as customer_uuid, c.name as customer_name,
                   c.email as customer_email, c.account_id, '__PARK__' = any(c.account_tags) as parked, c.account_terms,
                   coalesce(r.examine_at <= $3, false) as examine"
    );
    lease::take(pool, TAKE, id, owner, now, until).await
}

/// Prolongs a lease; false when it was lost in the meantime, and then nothing more may be sent.
///
/// # Errors
/// When the database fails.
pub async fn renew(
    pool: &PgPool,
    id: i64,
    owner: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<bool> {
    const KEEP: &str = "update resource set lease_until = $4 where id = $1 and lease_owner = $2 and lease_until >= $3";
    lease::keep(pool, KEEP, id, owner, now, until).await
}

/// Gives a lease back. With `failure`, the resource rests until the given instant; without one it was not the resource
/// that failed, and it is tried again at the next pass.
///
/// # Errors
/// When the database fails.
pub async fn release(pool: &PgPool, id: i64, owner: Uuid, failure: Failure<'_>) -> sqlx::Result<()> {
    const GIVE_BACK: &str =
        "update resource set lease_owner = null, lease_until = null, last_error = $3, next_attempt_at = $4,
                failures = case when $3 is null then 0 when $4 is null then failures else failures + 1 end
         where id = $1 and lease_owner = $2";
    lease::give_back(pool, GIVE_BACK, id, owner, failure).await
}

/// A duration as PostgreSQL takes it.
pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
