//! What Kill Bill was told and has not invoiced, window by window as it rates it, beside what the ledger holds and what is
//! billed of it already.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgConnection, PgPool};

use crate::db::reach::believed;
use crate::db::timelines::Timelines;
use crate::domain::month::Month;
use crate::domain::timeline::{Timeline, Window};

/// A unit of a subscription in a window.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Sent {
    pub subscription_id: i64,
    /// Kill Bill's usage section: all its units stand on one line.
    pub usage: String,
    pub unit: String,
    /// Hours that begin from here on count in it.
    pub starts: DateTime<Utc>,
    /// The day on which a line of it ends.
    pub end_day: NaiveDate,
    /// In Kill Bill's unit: all that Kill Bill holds of the window, and all that the ledger holds and no charge or credit settles.
    pub delivered: Decimal,
    pub ledger: Decimal,
    /// Money that is invoiced already: for the unit, before each line was rounded; for the section, as it stands in the lines.
    pub billed: Decimal,
    pub charged: Decimal,
    /// Something of it is not invoiced yet.
    pub is_open: bool,
}

/// In which hours something is not invoiced.
#[derive(FromRow)]
struct Extent {
    subscription_id: i64,
    unit: String,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

/// The windows of these extents, column by column.
#[derive(Default)]
struct Windows {
    subscriptions: Vec<i64>,
    usages: Vec<String>,
    units: Vec<String>,
    hours: (Vec<DateTime<Utc>>, Vec<DateTime<Utc>>),
    days: (Vec<NaiveDate>, Vec<NaiveDate>),
    /// The calendar's month, where that is the window.
    months: Vec<Option<NaiveDate>>,
}

/// What was sent of a customer's windows, from the first to the last of a unit that are not invoiced to their end, with all
/// units of their sections; and the timelines of their subscriptions.
///
/// # Errors
/// When the database fails.
pub async fn sent(
    pool: &PgPool,
    timelines: &Timelines,
    customer_id: i64,
) -> sqlx::Result<(Vec<Sent>, BTreeMap<i64, Timeline>)> {
    let mut db = pool.acquire().await?;
    let extents = extents(&mut db, customer_id).await?;
    let ids: Vec<i64> = extents.iter().map(|extent| extent.subscription_id).collect();
    let terms = timelines.of_subscriptions(&mut db, &ids).await?;
    let mut windows = Windows::default();
    for extent in &extents {
        if let Some(timeline) = terms.get(&extent.subscription_id) {
            let until = extent.last + TimeDelta::hours(1);
            for window in timeline.windows(&extent.unit, extent.first, until) {
                windows.add(extent.subscription_id, &window);
            }
        }
    }
    Ok((counted(&mut db, &windows).await?, terms))
}

async fn extents(db: &mut PgConnection, customer_id: i64) -> sqlx::Result<Vec<Extent>> {
    sqlx::query_as(
        "select s.id as subscription_id, u.unit, min(d.window_start) as first, max(d.window_start) as last
         from resource r
         join subscription s on s.resource_id = r.id
         join delivery d on d.subscription_id = s.id
         join delivery_unit u on u.delivery_id = d.id
         where r.customer_id = $1 and s.replaced_at is null and d.state in ('delivered', 'verified') and d.invoice_id is null
         group by s.id, u.unit order by s.id, u.unit",
    )
    .bind(customer_id)
    .fetch_all(db)
    .await
}

impl Windows {
    fn add(&mut self, subscription_id: i64, window: &Window<'_>) {
        let (from, until) = window.hours();
        let month = Month::containing(from);
        let is_month = (from, until) == (month.start(), month.end());
        for terms in &window.section.units {
            self.subscriptions.push(subscription_id);
            self.usages.push(window.section.usage.clone());
            self.units.push(terms.unit.clone());
            self.hours.0.push(from);
            self.hours.1.push(until);
            self.days.0.push(window.first_day);
            self.days.1.push(window.end_day);
            self.months.push(is_month.then(|| month.first_day()));
        }
    }
}

async fn counted(db: &mut PgConnection, windows: &Windows) -> sqlx::Result<Vec<Sent>> {
    sqlx::query_as(concat!(
        "select k.subscription_id, k.usage, k.unit, k.starts, k.end_day, coalesce(t.delivered, 0) as delivered,
                coalesce(case when k.month is not null
                              then (select figure(sum(l.quantity * o.factor)) from usage_sum l
                                    join route o on o.resource_id = l.resource_id and o.meter_id = l.meter_id
                                    where l.resource_id = s.resource_id and l.month = k.month and o.plan = s.plan and o.unit = k.unit)
                              else (select figure(sum(u.quantity * o.factor)) from route o
                                    join usage_record u on u.resource_id = o.resource_id and u.meter_id = o.meter_id
                                    where o.resource_id = s.resource_id and o.plan = s.plan and o.unit = k.unit
                                      and u.hour >= k.starts and u.hour < k.ends and ",
        believed!(),
        ") end, 0)
                - coalesce((select sum(l.units) from settlement_line l
                            where l.subscription_id = s.id and l.unit = k.unit
                              and l.period_start >= k.first_day and l.period_start < k.end_day), 0) as ledger,
                b.billed, b.charged, coalesce(t.is_open, false) as is_open
         from (select distinct * from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::date[],
                                             $7::date[], $8::date[])
               as one (subscription_id, usage, unit, starts, ends, first_day, ends_on, month)) w
         cross join lateral (select w.*, greatest(w.ends_on, w.first_day + 1) as end_day) k
         join subscription s on s.id = k.subscription_id
         left join lateral (
             select sum(u.amount) as delivered, bool_or(d.invoice_id is null) as is_open
             from delivery d join delivery_unit u on u.delivery_id = d.id and u.unit = k.unit
             where d.subscription_id = s.id and d.window_start >= k.starts and d.window_start < k.ends
               and d.state in ('delivered', 'verified')) t on true
         cross join lateral (
             select coalesce(sum(coalesce((select figure(sum((tier ->> 'price')::numeric * (tier ->> 'blocks')::numeric))
                                           from jsonb_array_elements(x.tiers) tier where tier ->> 'unit' = k.unit), x.amount))
                             filter (where x.unit is null or x.unit = k.unit), 0) as billed,
                    coalesce(sum(x.amount), 0) as charged
             from invoice_item x join invoice i on i.id = x.invoice_id
             where x.subscription_killbill_id = s.killbill_id and x.kind = 'usage' and x.usage_name = k.usage
               and x.start_date >= k.first_day and x.start_date < k.end_day
               and i.status = 'COMMITTED' and x.gone_at is null) b
         order by k.subscription_id, k.unit, k.starts"
    ))
    .bind(&windows.subscriptions)
    .bind(&windows.usages)
    .bind(&windows.units)
    .bind(&windows.hours.0)
    .bind(&windows.hours.1)
    .bind(&windows.days.0)
    .bind(&windows.days.1)
    .bind(&windows.months)
    .fetch_all(db)
    .await
}
