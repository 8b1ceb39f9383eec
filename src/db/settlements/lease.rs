//! Which customers have something to settle, and who may speak for them: one worker at a time, for a limited time.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::lease::{self, Failure};
use crate::domain::settlement::Classes;

/// A leased customer.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Customer {
    pub id: i64,
    pub uuid: Uuid,
    pub name: String,
    pub email: String,
    pub account_id: Option<Uuid>,
    pub parked: bool,
    pub failures: i32,
}

/// Customers with settlements under way, hours that wait for one, or surplus drafts in the mirror; those that waited
/// longest first. `charged_before`: months of monthly prices are due up to here.
///
/// # Errors
/// When the database fails.
pub async fn candidates(
    pool: &PgPool,
    now: DateTime<Utc>,
    charged_before: DateTime<Utc>,
    asks: Classes,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(concat!(
        "with busy as (
             select customer_id from settlement
             where state in ('prepared', 'sending') or (state = 'unknown' and read_back_at <= $1)
             union
             select r.customer_id from usage_record u join resource r on r.id = u.resource_id
             where ",
        correction_rows!("$3"),
        "    union
             select r.customer_id from route o join resource r on r.id = o.resource_id
             where o.way = 'charge' and o.hold is null
               and exists (select from usage_record u
                           where u.resource_id = o.resource_id and u.meter_id = o.meter_id and u.hour < $2
                             and u.delivery_id is null and not u.superseded and u.hold is null)
             union
             select i.customer_id from ",
        surplus_drafts!(),
        "    union
             -- Whose last try failed, and who may have nothing left to settle: he is found well, and his error goes.
             select id from customer where settling_error is not null
         )
         select c.id from busy b join customer c on c.id = b.customer_id
         where (c.settling_until is null or c.settling_until < $1)
           and (c.settling_next_at is null or c.settling_next_at <= $1)
         order by c.settling_next_at nulls first, c.id",
    ))
    .bind(now)
    .bind(charged_before)
    .bind(asks.words())
    .fetch_all(pool)
    .await
}

/// Leases a customer to `owner` until `until`; None when somebody else has it, or when delivery was paused meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    pool: &PgPool,
    id: i64,
    owner: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Option<Customer>> {
    const TAKE: &str = concat!(
        "update customer c set settling_owner = $2, settling_until = $4
         where id = $1 and (settling_until is null or settling_until < $3)
           and ",
        lease::delivery_goes_on!(),
        " returning id, uuid, name, email, account_id, '__PARK__' = any(account_tags) as parked,
                   settling_failures as failures"
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
    const KEEP: &str =
        "update customer set settling_until = $4 where id = $1 and settling_owner = $2 and settling_until >= $3";
    lease::keep(pool, KEEP, id, owner, now, until).await
}

/// Gives a lease back. With `failure`, the customer rests until the given instant.
///
/// # Errors
/// When the database fails.
pub async fn release(pool: &PgPool, id: i64, owner: Uuid, failure: Failure<'_>) -> sqlx::Result<()> {
    const GIVE_BACK: &str =
        "update customer set settling_owner = null, settling_until = null, settling_error = $3, settling_next_at = $4,
                settling_failures = case when $3 is null then 0 when $4 is null then settling_failures
                                         else settling_failures + 1 end
         where id = $1 and settling_owner = $2";
    lease::give_back(pool, GIVE_BACK, id, owner, failure).await
}
