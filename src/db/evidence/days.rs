//! The records behind an invoice, summed by day: what the usage report shows.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::owned::{owned, up_to};

/// What a resource's meter recorded on one day of one billing period.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DayRow {
    pub resource_uuid: Uuid,
    /// As registered now; an invoice's items have the names of their day.
    pub resource_name: String,
    pub project_name: String,
    pub service_name: String,
    pub meter: String,
    /// The billing period as Kill Bill's items name it. `None` when no line of any invoice covers the hours.
    pub start_date: Option<NaiveDate>,
    pub end_date: Option<NaiveDate>,
    pub day: NaiveDate,
    /// Hours that have a record.
    pub hours: i64,
    /// In the meter's unit.
    pub quantity: Decimal,
}

/// `mask` has a bit for each hour of the day: an hour that came in two deliveries is one hour.
const DAYS: &str = concat!(
    owned!(),
    ", found as materialized (
         select b.subscription_id, b.resource_id, b.start_date, b.end_date, m.meter_id, r.*
         from bounds b
         join metered m on m.subscription_id = b.subscription_id
         cross join lateral (
             select r.delivery_id, r.hour::date as day, bit_or(1 << extract(hour from r.hour)::integer) as mask, sum(r.delta) as quantity
             from usage_record r
             where r.resource_id = b.resource_id and r.meter_id = m.meter_id and r.hour >= b.starts and r.hour < b.ends
               and r.delivery_id is not null
             group by 1, 2
         ) r
     ),
     part as (
         select f.resource_id, f.meter_id, f.start_date, f.end_date, f.day, f.mask, f.quantity
         from owned o
         join found f on f.subscription_id = o.subscription_id and f.delivery_id = o.delivery_id
                     and f.start_date = o.start_date and f.end_date = o.end_date
         where o.now
         union all
         select d.resource_id, u.meter_id, null, null, r.day, r.mask, r.quantity
         from stray d
         join delivery_unit u on u.delivery_id = d.id
         cross join lateral (
             select r.hour::date as day, bit_or(1 << extract(hour from r.hour)::integer) as mask, sum(r.delta) as quantity
             from usage_record r
             where r.resource_id = d.resource_id and r.meter_id = u.meter_id and r.delivery_id = d.id
               and r.hour >= d.window_start and r.hour < d.window_end
               and not exists (select from bounds b where b.subscription_id = d.subscription_id and r.hour >= b.starts and r.hour < b.ends)
             group by 1
         ) r
         union all
         select l.resource_id, l.meter_id, l.period_start, l.period_end, r.*
         from invoice_item x
         join settlement_line l on l.id = x.settlement_line_id
         cross join lateral (
             select r.hour::date as day, bit_or(1 << extract(hour from r.hour)::integer) as mask, sum(r.delta) as quantity
             from usage_record r
             where r.resource_id = l.resource_id and r.meter_id = l.meter_id and r.settlement_line_id = l.id
               and r.hour >= l.period_start - 1 and r.hour < l.period_end + 1
             group by 1
         ) r
         where x.invoice_id = $1 and x.gone_at is null
     ),
     summed as (
         select resource_id, meter_id, start_date, end_date, day, bit_count(bit_or(mask)::bit(32)) as hours, sum(quantity) as quantity
         from part group by 1, 2, 3, 4, 5
     )
     select c.uuid as resource_uuid, c.name as resource_name, c.project_name, c.service_name, m.name as meter,
            x.start_date, x.end_date, x.day, x.hours, x.quantity
     from summed x join resource c on c.id = x.resource_id join meter m on m.id = x.meter_id
     order by c.name, c.uuid, m.name, x.start_date, x.end_date, x.day"
);

/// All days, attributed to the invoice as its lines' evidence is.
///
/// # Errors
/// When the database fails.
pub async fn days(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<DayRow>> {
    sqlx::query_as(DAYS)
        .bind(invoice_id)
        .bind(None::<Uuid>)
        .fetch_all(pool)
        .await
}
