//! What the subscriptions of an account have to do with each other: Kill Bill looks back from what it billed last for any
//! of them. It bills an end at once, long before that invoice is mirrored, so an end counts from when it was decided.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool};

use crate::db::timelines::Timelines;
use crate::domain::month::Month;

/// Up to where the usage lines of the subscription's whole account reach, as far as its newest invoices were read.
///
/// # Errors
/// When the database fails.
pub async fn invoiced_through(executor: impl PgExecutor<'_>, id: i64) -> sqlx::Result<Option<NaiveDate>> {
    sqlx::query_scalar(
        "select max(x.end_date) from (
             select i.id from subscription s join resource r on r.id = s.resource_id
             join invoice i on i.customer_id = r.customer_id and i.status = 'COMMITTED'
             where s.id = $1 order by i.invoice_date desc, i.id desc limit 12
         ) newest
         join invoice_item x on x.invoice_id = newest.id and x.item_type = 'USAGE' and x.gone_at is null",
    )
    .bind(id)
    .fetch_one(executor)
    .await
}

/// The same with the ends of the account's subscriptions, mirrored or not.
///
/// # Errors
/// When the database fails.
pub async fn account_through(db: &mut PgConnection, id: i64, now: DateTime<Utc>) -> sqlx::Result<Option<NaiveDate>> {
    let ended: Option<NaiveDate> = sqlx::query_scalar(
        "select max((o.billing_end at time zone 'UTC')::date)
         from subscription s join resource r on r.id = s.resource_id
         join resource other on other.customer_id = r.customer_id join subscription o on o.resource_id = other.id
         where s.id = $1 and o.billing_end <= $2",
    )
    .bind(id)
    .bind(now)
    .fetch_one(&mut *db)
    .await?;
    Ok(ended.max(invoiced_through(db, id).await?))
}

/// Until the transaction is over no end is decided for the account: `begin_end` sees what the transaction fixes for the
/// road, or the transaction sees that end.
///
/// # Errors
/// When the database fails.
pub async fn keep_open(tx: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "select from subscription s join resource r on r.id = s.resource_id join customer c on c.id = r.customer_id
         where s.id = $1 for share of c",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Decides that the subscription ends at `at`, before Kill Bill is told. False, and nothing is decided, while something is
/// on the road for the account that Kill Bill would bill now and would not look at any more after that end.
///
/// # Errors
/// When the database fails.
pub async fn begin_end(
    pool: &PgPool,
    id: i64,
    currency: &str,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let customer_id: i64 = sqlx::query_scalar(
        "select c.id from subscription s join resource r on r.id = s.resource_id join customer c on c.id = r.customer_id
         where s.id = $1 for no key update of c",
    )
    .bind(id)
    .fetch_one(&mut *tx)
    .await?;
    let through = account_through(&mut tx, id, now).await?;
    if would_strand(&mut tx, customer_id, currency, through, at.date_naive()).await? {
        return Ok(false);
    }
    sqlx::query("update subscription set billing_end = $2, ending_at = $3 where id = $1")
        .bind(id)
        .bind(at)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// Whether a delivery is on the road that Kill Bill would bill now, billed up to `through`, and would not look at any more
/// once the account is billed up to `end`.
async fn would_strand(
    tx: &mut PgConnection,
    customer_id: i64,
    currency: &str,
    through: Option<NaiveDate>,
    end: NaiveDate,
) -> sqlx::Result<bool> {
    let road: Vec<(i64, NaiveDate)> = sqlx::query_as(
        "select distinct s.id, d.month
         from delivery d join subscription s on s.id = d.subscription_id join resource r on r.id = s.resource_id
         where r.customer_id = $1 and d.state in ('prepared', 'sending', 'unknown', 'refused')",
    )
    .bind(customer_id)
    .fetch_all(&mut *tx)
    .await?;
    let ids: Vec<i64> = road.iter().map(|(id, _)| *id).collect();
    let timelines = Timelines::load_in(tx, currency)
        .await?
        .of_subscriptions(tx, &ids)
        .await?;
    Ok(road.iter().any(|(id, month)| {
        timelines.get(id).is_some_and(|timeline| {
            let begins = timeline.earliest_window(Month::of(*month));
            let closed = |day: NaiveDate| timeline.looks_back_to(day).is_some_and(|oldest| begins < oldest);
            closed(end) && !through.is_some_and(closed)
        })
    }))
}

/// Whether Kill Bill was told usage that the account's run would bill, by this subscription or another, and that is in no invoice.
/// `reach` = the hours that the run looks at.
///
/// # Errors
/// When the database fails.
pub async fn awaits_run(
    executor: impl PgExecutor<'_>,
    id: i64,
    reach: (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (
             select from subscription s join resource r on r.id = s.resource_id
             join resource other on other.customer_id = r.customer_id join subscription o on o.resource_id = other.id
             join delivery d on d.subscription_id = o.id
             where s.id = $1 and d.window_start >= $2 and d.window_end <= $3 and d.month >= ($2 - interval '1 month')::date
               and d.state in ('delivered', 'verified') and d.invoice_id is null)",
    )
    .bind(id)
    .bind(reach.0)
    .bind(reach.1)
    .fetch_one(executor)
    .await
}

/// The same of this subscription alone: units, and hours in which the deliveries begin.
///
/// # Errors
/// When the database fails.
pub async fn awaiting_run(
    executor: impl PgExecutor<'_>,
    id: i64,
    reach: (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<Vec<(String, DateTime<Utc>)>> {
    sqlx::query_as(
        "select distinct u.unit, d.window_start from delivery d join delivery_unit u on u.delivery_id = d.id
         where d.subscription_id = $1 and d.window_start >= $2 and d.window_end <= $3 and d.month >= ($2 - interval '1 month')::date
           and d.state in ('delivered', 'verified') and d.invoice_id is null and u.amount <> 0",
    )
    .bind(id)
    .bind(reach.0)
    .bind(reach.1)
    .fetch_all(executor)
    .await
}
