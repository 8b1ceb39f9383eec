//! Corrections and late hours that wait for money, by resource, meter and window of their subscription's timeline.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::{Group, Price};
use crate::db::timelines;
use crate::domain::month::Month;
use crate::domain::settlement::{Class, Classes};
use crate::domain::timeline::{Timeline, Window};

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
}

/// What waits in one window of a row.
#[derive(sqlx::FromRow)]
struct Part {
    /// Of the cut.
    row: i32,
    quantity: Decimal,
    old: bool,
}

/// The month's corrections, each priced by the window of its hours. Where hours of the month were delivered, the price is that of the subscription and unit that
/// took them, whatever the route says by now; else the route's.
///
/// # Errors
/// When the database fails.
pub(super) async fn corrections(
    pool: &PgPool,
    customer_id: i64,
    month: Month,
    asks: Classes,
    currency: &str,
) -> sqlx::Result<Vec<Group>> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "with waiting as (
             select u.resource_id, u.meter_id
             from resource r join usage_record u on u.resource_id = r.id
             where r.customer_id = $1 and u.hour >= $3 and u.hour < $4 and ",
        correction_rows!("$2"),
        "    group by 1, 2
         )
         select w.resource_id, r.uuid as resource_uuid, r.name as resource_name, w.meter_id, m.name as meter,
                s.id as subscription_id, s.plan, coalesce(d.unit, o.unit) as unit, coalesce(d.factor, o.factor) as factor
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
                             or (d.subscription_id is null and s.resource_id = w.resource_id and s.plan = o.plan and s.replaced_at is null)
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
    let ids: Vec<i64> = rows.iter().map(|row| row.subscription_id).collect();
    let timelines = timelines::of_subscriptions(pool, currency, &ids).await?;
    let cut: Vec<(&Row, Cut<'_>)> = rows.iter().flat_map(|row| row.cuts(&timelines, month)).collect();
    let parts = parts(pool, &cut, asks).await?;
    let groups = parts.iter().filter_map(|part| {
        let (row, cut) = cut.get(usize::try_from(part.row).ok()?)?;
        Some(row.group(cut, part))
    });
    Ok(groups.collect())
}

/// The hours of a row that one window rates.
struct Cut<'t> {
    hours: (DateTime<Utc>, DateTime<Utc>),
    period: (NaiveDate, NaiveDate),
    window: Window<'t>,
}

impl<'t> Cut<'t> {
    fn of(window: Window<'t>, month: Month, sole: bool) -> Self {
        let (from, until) = window.hours();
        let whole = (month.first_day(), month.next().first_day());
        let days = (window.first_day.max(whole.0), window.end_day.min(whole.1));
        Self {
            hours: (from.max(month.start()), until.min(month.end())),
            period: if sole { whole } else { days },
            window,
        }
    }
}

/// What waits in each of the cuts.
async fn parts(pool: &PgPool, cuts: &[(&Row, Cut<'_>)], asks: Classes) -> sqlx::Result<Vec<Part>> {
    let parts = sqlx::query_as(concat!(
        "select k.position as row, sum(u.delta) as quantity, bool_or(u.hold = 'period-closed') as old
         from unnest($1::int[], $3::bigint[], $4::smallint[], $5::timestamptz[], $6::timestamptz[])
              as k (position, resource_id, meter_id, starts, ends)
         join usage_record u on u.resource_id = k.resource_id and u.meter_id = k.meter_id and u.hour >= k.starts and u.hour < k.ends
         where ",
        correction_rows!("$2"),
        " group by k.position order by k.position"
    ));
    parts
        .bind((0..).take(cuts.len()).collect::<Vec<i32>>())
        .bind(asks.words())
        .bind(cuts.iter().map(|(row, _)| row.resource_id).collect::<Vec<_>>())
        .bind(cuts.iter().map(|(row, _)| row.meter_id).collect::<Vec<_>>())
        .bind(cuts.iter().map(|(_, cut)| cut.hours.0).collect::<Vec<_>>())
        .bind(cuts.iter().map(|(_, cut)| cut.hours.1).collect::<Vec<_>>())
        .fetch_all(pool)
        .await
}

impl Row {
    fn cuts<'r, 't>(
        &'r self,
        timelines: &'t BTreeMap<i64, Timeline>,
        month: Month,
    ) -> impl Iterator<Item = (&'r Self, Cut<'t>)> + use<'r, 't> {
        let timeline = timelines.get(&self.subscription_id);
        let windows = timeline.map_or_else(Vec::new, |timeline| {
            timeline.windows(&self.unit, month.start(), month.end())
        });
        let sole = windows.len() == 1;
        windows
            .into_iter()
            .map(move |window| (self, Cut::of(window, month, sole)))
    }

    fn group(&self, cut: &Cut<'_>, part: &Part) -> Group {
        let class = match (part.old, part.quantity < Decimal::ZERO) {
            (false, _) => Class::CreditAfterInvoice,
            (true, true) => Class::OldCredit,
            (true, false) => Class::OldCharge,
        };
        Group {
            resource_id: self.resource_id,
            resource_uuid: self.resource_uuid,
            resource_name: self.resource_name.clone(),
            meter_id: self.meter_id,
            meter: self.meter.clone(),
            subscription_id: Some(self.subscription_id),
            plan: self.plan.clone(),
            unit: Some(self.unit.clone()),
            factor: self.factor,
            class,
            hours: cut.hours,
            period: cut.period,
            price: Price::of(&cut.window, &self.unit),
            monthly: None,
        }
    }
}
