//! Whose invoices are due to be read: the customer register drives it, one customer's failure stops nobody else. Who
//! is known to have something new comes at once, everybody else in turn.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::PgPool;
use uuid::Uuid;

/// A customer whose invoices can be read.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Reader {
    pub id: i64,
    pub uuid: Uuid,
    pub account_id: Uuid,
    /// Everything instead of the last months: never read whole, hinted at, failed last time, or it is due again.
    pub full: bool,
    /// When they were read last: an invoice that is new now was not there then.
    pub read_before: Option<DateTime<Utc>>,
}

/// A full reading finds what no hint told: a voided invoice of last year. Everybody gets one a day, so it is due earlier
/// than that: where there are many, it takes some passes until their turns have come.
const FULL_AFTER: TimeDelta = TimeDelta::hours(20);
const FULL_WITHIN: TimeDelta = TimeDelta::days(1);

/// A customer whose reading failed so often is broken by itself: it rests ever longer, and few of them are read in a pass,
/// after all others.
const BROKEN: i32 = 3;
const BROKEN_IN_A_PASS: i64 = 12;

/// All customers with an account that Kill Bill told something about, that were never read or that failed last time; of the
/// others as many as have their turn: those whose full reading is due, then those longest unread. Whoever failed again and
/// again comes last.
///
/// # Errors
/// When the database fails.
pub async fn to_read(pool: &PgPool, turns: i64, now: DateTime<Utc>) -> sqlx::Result<Vec<Reader>> {
    sqlx::query_as(
        "with readable as (
             select id, uuid, account_id, invoices_read_at as read_before,
                    coalesce(invoices_hinted_at > invoices_read_at, false) as hinted,
                    invoices_read_at is null or invoices_error is not null as in_doubt,
                    invoices_swept_at is null or invoices_swept_at < $1 as full_due,
                    invoices_failures >= $3 as broken, invoices_rest_until as rested
             from customer where account_id is not null and (invoices_rest_until is null or invoices_rest_until <= $5)),
         turn as (select id from readable where not hinted and not in_doubt order by full_due desc, read_before, id limit $2),
         some_broken as (select id from readable where broken order by rested nulls first, id limit $4)
         select id, uuid, account_id, hinted or in_doubt or full_due as full, read_before
         from readable where case when broken then id in (select id from some_broken)
                                  else hinted or in_doubt or id in (select id from turn) end
         order by broken, hinted desc, read_before nulls first, id",
    )
    .bind(now - FULL_AFTER)
    .bind(turns)
    .bind(BROKEN)
    .bind(BROKEN_IN_A_PASS)
    .bind(now)
    .fetch_all(pool)
    .await
}

/// How the turns go round.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Turns {
    /// Customers with an account.
    pub customers: i64,
    /// Those among them that were once read in full, but not within the last day, although nothing failed.
    pub overdue: i64,
}

/// Whether everybody's turn comes once a day.
///
/// # Errors
/// When the database fails.
pub async fn turns(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<Turns> {
    sqlx::query_as(
        "select count(*) as customers, count(*) filter (where invoices_error is null and invoices_swept_at < $1) as overdue
         from customer where account_id is not null",
    )
    .bind(now - FULL_WITHIN)
    .fetch_one(pool)
    .await
}

/// One customer, to be read whole. `None` when there is no such customer or it has no account yet.
///
/// # Errors
/// When the database fails.
pub async fn one(pool: &PgPool, customer: Uuid) -> sqlx::Result<Option<Reader>> {
    sqlx::query_as("select id, uuid, account_id, true as full, invoices_read_at as read_before from customer where uuid = $1 and account_id is not null")
        .bind(customer)
        .fetch_optional(pool)
        .await
}

/// The last day that any mirrored invoice of the customer bills up to: Kill Bill's own clock, as far as we know it.
///
/// # Errors
/// When the database fails.
pub async fn newest_target(pool: &PgPool, customer_id: i64) -> sqlx::Result<Option<NaiveDate>> {
    sqlx::query_scalar("select max(target_date) from invoice where customer_id = $1")
        .bind(customer_id)
        .fetch_one(pool)
        .await
}

/// Whether the mirror has at least so many items of the customer's, of invoices from a target date on.
///
/// # Errors
/// When the database fails.
pub async fn has_items(pool: &PgPool, customer_id: i64, from: Option<NaiveDate>, many: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select count(*) = $3 from (
             select from invoice i join invoice_item x on x.invoice_id = i.id
             where i.customer_id = $1 and ($2::date is null or i.target_date is null or i.target_date >= $2) limit $3
         ) found",
    )
    .bind(customer_id)
    .bind(from)
    .bind(many)
    .fetch_one(pool)
    .await
}

/// Kill Bill said that something happened to an account's invoices. Returns the customer, if the account is one's.
///
/// # Errors
/// When the database fails.
pub async fn hint_account(pool: &PgPool, account: Uuid, at: DateTime<Utc>) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar(
        "update customer set invoices_hinted_at = greatest(invoices_hinted_at, $2) where account_id = $1 returning uuid",
    )
    .bind(account)
    .bind(at)
    .fetch_optional(pool)
    .await
}

/// The same for a customer whom we know.
///
/// # Errors
/// When the database fails.
pub async fn hint(pool: &PgPool, customer: Uuid, at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("update customer set invoices_hinted_at = greatest(invoices_hinted_at, $2) where uuid = $1")
        .bind(customer)
        .bind(at)
        .execute(pool)
        .await?;
    Ok(())
}

/// A reading that was asked for at `read_at` is stored completely. After the first whole one, invoices whose check had
/// to wait for it are due.
///
/// # Errors
/// When the database fails.
pub async fn ended(pool: &PgPool, reader: &Reader, read_at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "with first as (select id from customer where id = $1 and $3 and invoices_swept_at is null),
              again as (update invoice set checked_at = null where customer_id in (select id from first) and verdict = 'pending')
         update customer set invoices_read_at = greatest(invoices_read_at, $2), invoices_error = null,
                invoices_failures = 0, invoices_rest_until = null,
                invoices_swept_at = case when $3 then greatest(invoices_swept_at, $2) else invoices_swept_at end
         where id = $1",
    )
    .bind(reader.id)
    .bind(read_at)
    .bind(reader.full)
    .execute(pool)
    .await?;
    Ok(())
}

/// A reading failed; the next pass reads everything again, and after the third failure in a row a later one: a minute,
/// then twice as late each time, at most an hour.
///
/// # Errors
/// When the database fails.
pub async fn failed(pool: &PgPool, customer_id: i64, error: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "update customer set invoices_error = $2, invoices_failures = invoices_failures + 1,
                invoices_rest_until = case when invoices_failures + 1 >= $4 then
                    $3 + least(interval '1 minute' * power(2, least(invoices_failures + 1 - $4, 6)), interval '1 hour') end
         where id = $1",
    )
    .bind(customer_id)
    .bind(error)
    .bind(now)
    .bind(BROKEN)
    .execute(pool)
    .await?;
    Ok(())
}
