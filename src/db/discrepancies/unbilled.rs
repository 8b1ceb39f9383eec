//! Usage that Kill Bill took and that stands on no invoice although its month is billed. Told by Kill Bill's own dates,
//! not by our clock: it looks two billing periods back from what it billed last on the account, and says nothing about a
//! period that begins before that (killbill.md 4.5).

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::price::Tariff;
use crate::domain::reconcile::UnbilledKind;

/// One unit of a delivery that no invoice lists.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Unbilled {
    pub kind: UnbilledKind,
    pub delivery_id: i64,
    pub delivery_uuid: Uuid,
    pub tracking_id: String,
    pub month: NaiveDate,
    pub subscription_id: i64,
    /// The first hour that it carries.
    pub first_hour: DateTime<Utc>,
    pub unit: String,
    /// In Kill Bill's unit.
    pub amount: Decimal,
    pub currency: String,
}

/// Delivered usage of months that are billed. Missed: an invoice that billed that month or a later one was not there yet ten
/// minutes after the delivery (a run that was under way may have read its usage before). What a voided invoice listed is told with that invoice.
///
/// # Errors
/// When the database fails.
pub async fn unbilled(pool: &PgPool) -> sqlx::Result<Vec<Unbilled>> {
    sqlx::query_as(
        "with open as materialized (
             select d.* from delivery d
             where d.invoice_id is null and d.state in ('delivered', 'verified')
               and d.month < (select max(target_date) from invoice where status = 'COMMITTED')
         ),
         billed as materialized (
             select s.id, s.billing_start, s.billing_end, max(x.end_date) as through, max(x.currency) as currency, min(i.customer_id) as customer_id
             from subscription s
             join invoice_item x on x.subscription_killbill_id = s.killbill_id and x.item_type = 'USAGE' and x.gone_at is null
             join invoice i on i.id = x.invoice_id and i.status = 'COMMITTED'
             where s.id in (select subscription_id from open)
             group by s.id
         ),
         -- Kill Bill looks back from what it billed last on the account, also for a subscription that ended long ago.
         account as materialized (
             select i.customer_id, max(x.end_date) as through
             from invoice i join invoice_item x on x.invoice_id = i.id and x.item_type = 'USAGE' and x.gone_at is null
             where i.status = 'COMMITTED' and i.customer_id in (select customer_id from billed)
             group by 1
         )
         select case when greatest(d.month, (b.billing_start at time zone 'UTC')::date) < a.through - interval '2 months' then 'never-billed'
                     when exists (select from subscription s
                                  join invoice_item x on x.subscription_killbill_id = s.killbill_id and x.item_type = 'USAGE' and x.gone_at is null
                                  join invoice i on i.id = x.invoice_id and i.status = 'COMMITTED'
                                  where s.id = d.subscription_id and x.end_date >= d.month + interval '1 month' and i.absent_at >= d.settled_at + interval '10 minutes')
                     then 'missed-usage'
                     else 'late-usage' end as kind,
                d.id as delivery_id, d.uuid as delivery_uuid, d.tracking_id, d.month, d.subscription_id, d.window_start as first_hour,
                u.unit, sum(u.amount) as amount, b.currency
         from open d
         join billed b on b.id = d.subscription_id
              and (d.month + interval '1 month' <= b.through or b.billing_end::date <= b.through and d.month <= b.through)
         join account a on a.customer_id = b.customer_id
         join delivery_unit u on u.delivery_id = d.id
         where not exists (select from invoice_tracking t join invoice v on v.id = t.invoice_id and v.status = 'VOID'
                           where t.tracking_id = d.tracking_id)
         group by d.id, d.uuid, d.tracking_id, d.month, d.settled_at, d.subscription_id, d.window_start, b.billing_start, u.unit, b.currency, a.through
         having sum(u.amount) <> 0
         order by d.id, u.unit",
    )
    .fetch_all(pool)
    .await
}

/// What of a delivery's unit lies outside these hours, in Kill Bill's unit.
///
/// # Errors
/// When the database fails.
pub async fn outside(pool: &PgPool, one: &Unbilled, hours: &[(DateTime<Utc>, DateTime<Utc>)]) -> sqlx::Result<Decimal> {
    sqlx::query_scalar(
        "select figure(coalesce(sum(r.delta * u.factor), 0))
         from delivery d join subscription s on s.id = d.subscription_id
         join delivery_unit u on u.delivery_id = d.id and u.unit = $2
         join usage_record r on r.resource_id = s.resource_id and r.meter_id = u.meter_id and r.delivery_id = d.id
              and r.hour >= d.window_start and r.hour < d.window_end
         where d.id = $1 and not exists (select from unnest($3::timestamptz[], $4::timestamptz[]) as k (starts, ends)
                                         where r.hour >= k.starts and r.hour < k.ends)",
    )
    .bind(one.delivery_id)
    .bind(&one.unit)
    .bind(hours.iter().map(|(from, _)| *from).collect::<Vec<_>>())
    .bind(hours.iter().map(|(_, until)| *until).collect::<Vec<_>>())
    .fetch_one(pool)
    .await
}

/// The prices that the plans' usage ever had, newest first.
///
/// # Errors
/// When the database fails.
pub async fn tariffs(pool: &PgPool, plans: &[String], currency: &str) -> sqlx::Result<Vec<Tariff>> {
    crate::db::evidence::tariffs(pool, Some(plans), currency).await
}
