//! Corrections and late hours that wait for money, by resource, meter and month.

use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::Group;
use crate::domain::month::Month;
use crate::domain::settlement::{Class, Classes};

#[derive(sqlx::FromRow)]
struct Row {
    resource_id: i64,
    resource_uuid: Uuid,
    resource_name: String,
    meter_id: i16,
    meter: String,
    subscription_id: i64,
    plan: String,
    unit: String,
    factor: Decimal,
    quantity: Decimal,
    old: bool,
}

/// The month's corrections. Where hours of the month were delivered, the price is that of the subscription and unit that
/// took them, whatever the route says by now; else the route's.
///
/// # Errors
/// When the database fails.
pub(super) async fn corrections(
    pool: &PgPool,
    customer_id: i64,
    month: Month,
    asks: Classes,
) -> sqlx::Result<Vec<Group>> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "with waiting as (
             select u.resource_id, u.meter_id, sum(u.delta) as quantity, bool_or(u.hold = 'period-closed') as old
             from resource r join usage_record u on u.resource_id = r.id
             where r.customer_id = $1 and u.hour >= $3 and u.hour < $4 and ",
        correction_rows!("$2"),
        "    group by 1, 2
         )
         select w.resource_id, r.uuid as resource_uuid, r.name as resource_name, w.meter_id, m.name as meter,
                s.id as subscription_id, s.plan, coalesce(d.unit, o.unit) as unit, coalesce(d.factor, o.factor) as factor,
                w.quantity, w.old
         from waiting w
         join resource r on r.id = w.resource_id
         join meter m on m.id = w.meter_id
         left join route o on o.resource_id = w.resource_id and o.meter_id = w.meter_id and o.way = 'usage'
         left join lateral (
             select x.unit, x.factor, t.id as subscription_id
             from subscription t join delivery e on e.subscription_id = t.id and e.month = $5
             join delivery_unit x on x.delivery_id = e.id
             where t.resource_id = w.resource_id and x.meter_id = w.meter_id
             order by e.id desc limit 1
         ) d on true
         join subscription s on s.id = d.subscription_id
                             or (d.subscription_id is null and s.resource_id = w.resource_id and s.plan = o.plan)
         where coalesce(d.unit, o.unit) is not null
         order by r.name, r.id, m.name"
    ))
    .bind(customer_id)
    .bind(asks.words())
    .bind(month.start())
    .bind(month.end())
    .bind(month.first_day())
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| row.group(month)).collect())
}

impl Row {
    fn group(self, month: Month) -> Group {
        let class = match (self.old, self.quantity < Decimal::ZERO) {
            (false, _) => Class::CreditAfterInvoice,
            (true, true) => Class::OldCredit,
            (true, false) => Class::OldCharge,
        };
        Group {
            resource_id: self.resource_id,
            resource_uuid: self.resource_uuid,
            resource_name: self.resource_name,
            meter_id: self.meter_id,
            meter: self.meter,
            subscription_id: Some(self.subscription_id),
            plan: self.plan,
            unit: Some(self.unit),
            factor: self.factor,
            class,
            hours: (month.start(), month.end()),
            period: (month.first_day(), month.next().first_day()),
            monthly: None,
        }
    }
}
