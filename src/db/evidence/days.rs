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

/// All days, attributed to the invoice as its lines' evidence is.
///
/// # Errors
/// When the database fails.
pub async fn days(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<DayRow>> {
    const DAYS: &str = concat!(
        owned!(),
        ", record as (
             select o.resource_id, u.meter_id, o.start_date, o.end_date, r.hour, r.delta
             from owned o
             join delivery_unit u on u.delivery_id = o.delivery_id
             join usage_record r on r.resource_id = o.resource_id and r.meter_id = u.meter_id and r.delivery_id = o.delivery_id
                  and r.hour >= greatest(o.starts, o.window_start) and r.hour < least(o.ends, o.window_end)
             where o.now
             union all
             select s.resource_id, u.meter_id, null, null, r.hour, r.delta
             from carried d
             join concerned s on s.id = d.subscription_id
             join delivery_unit u on u.delivery_id = d.id
             join usage_record r on r.resource_id = s.resource_id and r.meter_id = u.meter_id and r.delivery_id = d.id
                  and r.hour >= d.window_start and r.hour < d.window_end
             where not exists (select from bounds b where b.subscription_id = s.id and r.hour >= b.starts and r.hour < b.ends)
               and not exists (select from invoice_tracking t join up_to v on v.id = t.invoice_id
                               join delivery e on e.tracking_id = t.tracking_id where e.id = d.id and not v.now)
         ), summed as (
             select resource_id, meter_id, start_date, end_date, hour::date as day, count(distinct hour) as hours, sum(delta) as quantity
             from record group by 1, 2, 3, 4, 5
         )
         select c.uuid as resource_uuid, c.name as resource_name, c.project_name, c.service_name, m.name as meter,
                x.start_date, x.end_date, x.day, x.hours, x.quantity
         from summed x join resource c on c.id = x.resource_id join meter m on m.id = x.meter_id
         order by c.name, c.uuid, m.name, x.start_date, x.end_date, x.day"
    );
    sqlx::query_as(DAYS).bind(invoice_id).fetch_all(pool).await
}
