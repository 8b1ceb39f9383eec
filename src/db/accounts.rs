//! The Kill Bill side of customers: which account is whose, and what Kill Bill was last told about them.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::customer::Told;
use crate::domain::timeline::AccountTerms;

/// Kill Bill's tag on an account that it failed to invoice.
pub const PARK: &str = "__PARK__";
/// Its tag on an account that somebody wants no invoices for.
pub const AUTO_INVOICING_OFF: &str = "AUTO_INVOICING_OFF";

/// A customer whose account says something else than our register.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OutOfStep {
    pub id: i64,
    pub account_id: Uuid,
    /// What the account is to say.
    pub meant: Json<Told>,
    /// What it was told last.
    pub told: Json<Told>,
    /// How often it could not be told.
    pub telling_failures: i32,
}

/// Customers with an account that was not told of their latest names and address, those that never failed first.
///
/// # Errors
/// When the database fails.
pub async fn out_of_step(pool: &PgPool, now: DateTime<Utc>, most: i64) -> sqlx::Result<Vec<OutOfStep>> {
    sqlx::query_as(
        "select c.id, c.account_id, meant, coalesce(c.told, '{}') as told, c.telling_failures
         from customer c
         cross join lateral (select jsonb_build_object('address', '', 'country', '', 'postal', '', 'phone', '') as nowhere) n
         cross join lateral (select jsonb_build_object('name', c.name, 'email', c.email)
             || nowhere || (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(c.billing) where nowhere ? key)
             as meant) m
         where c.account_id is not null and nowhere || c.told is distinct from meant and (c.tell_at is null or c.tell_at <= $1)
         order by c.tell_at nulls first, c.id limit $2",
    )
    .bind(now)
    .bind(most)
    .fetch_all(pool)
    .await
}

/// Remembers a customer's account and what it was told; `shown` is the form of the name that it has instead, where Kill
/// Bill does not take the name as it is.
///
/// # Errors
/// When the database fails.
pub async fn store(
    pool: &PgPool,
    customer_id: i64,
    account_id: Uuid,
    told: &Told,
    shown: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update customer set account_id = $2, told = $3, shown_name = $4, telling_error = null, tell_at = null, telling_failures = 0
         where id = $1",
    )
    .bind(customer_id)
    .bind(account_id)
    .bind(Json(told))
    .bind(shown)
    .execute(pool)
    .await?;
    Ok(())
}

/// When the account is billed; none while it was not read.
///
/// # Errors
/// When the database fails.
pub async fn terms(pool: &PgPool, customer_id: i64) -> sqlx::Result<Option<Json<AccountTerms>>> {
    sqlx::query_scalar("select account_terms from customer where id = $1")
        .bind(customer_id)
        .fetch_one(pool)
        .await
}

/// Remembers when the account is billed. Where that is news, its resources' holds are looked at again.
///
/// # Errors
/// When the database fails.
pub async fn keep_terms(pool: &PgPool, customer_id: i64, terms: &AccountTerms, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "with changed as (
             update customer set account_terms = $2 where id = $1 and account_terms is distinct from $2 returning id
         )
         update resource r set examine_at = $3 from changed where r.customer_id = changed.id and r.examine_at > $3",
    )
    .bind(customer_id)
    .bind(Json(terms))
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// A customer's name could not be told: why, and when it is tried again.
///
/// # Errors
/// When the database fails.
pub async fn untold(pool: &PgPool, customer_id: i64, error: &str, tell_at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "update customer set telling_error = $2, tell_at = $3, telling_failures = telling_failures + 1 where id = $1",
    )
    .bind(customer_id)
    .bind(error)
    .bind(tell_at)
    .execute(pool)
    .await
    .map(drop)
}

/// Remembers the account's tags: `__PARK__` and `AUTO_INVOICING_OFF` are what operators must know of.
///
/// # Errors
/// When the database fails.
pub async fn store_tags(pool: &PgPool, customer_id: i64, tags: &[String]) -> sqlx::Result<()> {
    sqlx::query("update customer set account_tags = $2 where id = $1 and account_tags is distinct from $2")
        .bind(customer_id)
        .bind(tags)
        .execute(pool)
        .await?;
    Ok(())
}

/// Makes our accounts carry the tag that are among `tagged`, and no others; returns how many changed. Where it went, the
/// account's resources and settlements rest no longer.
///
/// # Errors
/// When the database fails.
pub async fn set_tag(pool: &PgPool, tag: &str, tagged: &[Uuid], now: DateTime<Utc>) -> sqlx::Result<usize> {
    let changed: Vec<bool> = sqlx::query_scalar(
        "with changed as (
             update customer set account_tags = case when account_id = any($2) then array_append(account_tags, $1)
                                                     else array_remove(account_tags, $1) end,
                    settling_next_at = case when account_id = any($2) then settling_next_at end
             where account_id is not null and (account_id = any($2)) <> ($1 = any(account_tags))
             returning id, account_id = any($2) as tagged
         ), free as (
             update resource set next_attempt_at = null
             where next_attempt_at > $3 and customer_id in (select id from changed where not tagged)
         )
         select tagged from changed",
    )
    .bind(tag)
    .bind(tagged)
    .bind(now)
    .fetch_all(pool)
    .await?;
    Ok(changed.len())
}

/// A parked account.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Parked {
    pub customer_id: i64,
    pub account_id: Uuid,
}

/// How many there are; notes since when, and forgets what was noted of those that are not parked any more.
///
/// # Errors
/// When the database fails.
pub async fn note_parked(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query(
        "update customer set parked_since = case when $1 = any(account_tags) then $2 end,
                park_reason = case when $1 = any(account_tags) then park_reason end, park_reason_at = null
         where ($1 = any(account_tags)) <> (parked_since is not null)",
    )
    .bind(PARK)
    .bind(now)
    .execute(pool)
    .await?;
    sqlx::query_scalar("select count(*) from customer where $1 = any(account_tags) and account_id is not null")
        .bind(PARK)
        .fetch_one(pool)
        .await
}

/// The parked accounts whose reason is to be looked for next: those that were never asked about first.
///
/// # Errors
/// When the database fails.
pub async fn unexplained(pool: &PgPool, most: i64) -> sqlx::Result<Vec<Parked>> {
    sqlx::query_as(
        "select id as customer_id, account_id from customer where $1 = any(account_tags) and account_id is not null
         order by park_reason_at nulls first, id limit $2",
    )
    .bind(PARK)
    .bind(most)
    .fetch_all(pool)
    .await
}

/// What Kill Bill billed of a unit in a period, in its unit.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Billed {
    pub subscription: Uuid,
    pub unit: String,
    pub start_date: NaiveDate,
    pub end_date: NaiveDate,
    pub units: Decimal,
    pub block_size: Decimal,
}

/// What the customer's invoices of the last three months of billing say, the latest first; of a large account a part.
///
/// # Errors
/// When the database fails.
pub async fn billed(pool: &PgPool, customer_id: i64) -> sqlx::Result<Vec<Billed>> {
    sqlx::query_as(
        "with line as (
             select x.*, max(x.end_date) over () as newest
             from invoice i join invoice_item x on x.invoice_id = i.id and x.item_type = 'USAGE' and x.gone_at is null
             join subscription s on s.killbill_id = x.subscription_killbill_id
             where i.customer_id = $1 and i.status = 'COMMITTED' and x.start_date < x.end_date
         )
         select l.subscription_killbill_id as subscription, t.unit, l.start_date, l.end_date,
                figure(sum(t.blocks * t.block_size)) as units, max(t.block_size) as block_size
         from line l
         cross join lateral jsonb_to_recordset(l.tiers) as t (unit text, blocks numeric, block_size numeric)
         where l.end_date > l.newest - interval '3 months'
         group by 1, 2, 3, 4 having sum(t.blocks) > 0 order by 3 desc, 1, 2 limit 300",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await
}

/// Remembers what Kill Bill complains of, and when it was asked; none = it could not be asked, and what is known stays.
///
/// # Errors
/// When the database fails.
pub async fn store_reason(
    pool: &PgPool,
    customer_id: i64,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("update customer set park_reason = coalesce($2, park_reason), park_reason_at = $3 where id = $1")
        .bind(customer_id)
        .bind(reason)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}
