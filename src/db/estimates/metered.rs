//! What customers used in their month, meter by meter: the kept sum where that is all there is to know, else what was used in
//! each part that Kill Bill rates by itself.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};

use super::odd_months;
use crate::db::reach::believed;
use crate::db::timelines::Timelines;
use crate::domain::estimate::{Metered, Part, parts};
use crate::domain::month::Month;

/// The kept sum of a meter: of the calendar's month, and of the next where the account's reaches into it.
#[derive(sqlx::FromRow)]
struct SumRow {
    resource_id: i64,
    meter: String,
    plan: Option<String>,
    unit: Option<String>,
    subscription_id: Option<i64>,
    meter_id: i16,
    factor: Option<Decimal>,
    quantity: Decimal,
    records: i64,
    first_hour: DateTime<Utc>,
    last_hour: DateTime<Utc>,
    /// Some of it is of the calendar's month.
    is_of_month: bool,
}

/// What was used in one part.
#[derive(sqlx::FromRow)]
struct Counted {
    quantity: Decimal,
    records: i64,
    first_hour: Option<DateTime<Utc>>,
    last_hour: Option<DateTime<Utc>>,
}

/// All that these customers metered in their `month`, by resource.
pub(super) async fn metered(
    pool: &PgPool,
    timelines: &Timelines,
    month: Month,
    customers: &[i64],
) -> sqlx::Result<Vec<(i64, Metered)>> {
    let sums = sums(pool, timelines, month, customers).await?;
    let ids: Vec<i64> = sums.iter().filter_map(|sum| sum.subscription_id).collect();
    let mut db = pool.acquire().await?;
    let terms = timelines.of_subscriptions(&mut db, &ids).await?;
    let mut found = Vec::with_capacity(sums.len());
    for sum in sums {
        let timeline = sum.subscription_id.and_then(|id| terms.get(&id));
        let parts = timeline
            .zip(sum.unit.as_deref())
            .map(|(timeline, unit)| parts(timeline, unit, month));
        let resource = sum.resource_id;
        found.extend(sum.counted(&mut db, parts).await?.map(|metered| (resource, metered)));
    }
    Ok(found)
}

async fn sums(pool: &PgPool, timelines: &Timelines, month: Month, customers: &[i64]) -> sqlx::Result<Vec<SumRow>> {
    sqlx::query_as(concat!(
        "select s.resource_id, m.name as meter, o.plan, o.unit, o.factor, b.id as subscription_id, s.meter_id,
                sum(s.quantity) as quantity, sum(s.records)::bigint as records, min(s.first_hour) as first_hour,
                max(s.last_hour) as last_hour, bool_or(s.month = $1) as is_of_month
         from usage_sum s
         join resource r on r.id = s.resource_id
         join customer c on c.id = r.customer_id
         join meter m on m.id = s.meter_id
         left join route o on o.resource_id = s.resource_id and o.meter_id = s.meter_id
         left join subscription b on b.resource_id = o.resource_id and b.plan = o.plan and b.replaced_at is null
         where r.customer_id = any($2)
           and (s.month = $1 or s.month = $1 + interval '1 month' and b.id is not null and o.unit is not null and ",
        odd_months!("$3"),
        ") group by s.resource_id, s.meter_id, m.name, o.plan, o.unit, o.factor, b.id
         order by s.resource_id, m.name"
    ))
    .bind(month.first_day())
    .bind(customers)
    .bind(timelines.allow_own_days())
    .fetch_all(pool)
    .await
}

impl SumRow {
    /// With what was used in each part; none when nothing of it is of this month.
    async fn counted(self, db: &mut PgConnection, parts: Option<Vec<Part>>) -> sqlx::Result<Option<Metered>> {
        let mut metered = Metered {
            meter: self.meter,
            plan: self.plan,
            unit: self.unit,
            parts,
            factor: self.factor.unwrap_or(Decimal::ONE),
            quantity: self.quantity,
            records: self.records,
            first_hour: self.first_hour,
            last_hour: self.last_hour,
        };
        let any = match metered.parts.as_deref_mut() {
            Some([only]) if only.hours.0 <= self.first_hour && self.last_hour < only.hours.1 => {
                only.quantity = self.quantity;
                true
            }
            Some(_) => count(db, (self.resource_id, self.meter_id), &mut metered).await?,
            None => true,
        };
        Ok((any || self.is_of_month).then_some(metered))
    }
}

/// Counts record by record what was used in each part; whether there was anything.
async fn count(
    db: &mut PgConnection,
    (resource_id, meter_id): (i64, i16),
    metered: &mut Metered,
) -> sqlx::Result<bool> {
    let parts = metered.parts.as_deref_mut().unwrap_or_default();
    let counted: Vec<Counted> = sqlx::query_as(concat!(
        "select n.* from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as k (starts, ends, position)
         cross join lateral (
             select coalesce(sum(u.quantity), 0) as quantity, count(*) as records, min(u.hour) as first_hour, max(u.hour) as last_hour
             from usage_record u
             where u.resource_id = $1 and u.meter_id = $2 and u.hour >= k.starts and u.hour < k.ends and ",
        believed!(),
        ") n order by k.position"
    ))
    .bind(resource_id)
    .bind(meter_id)
    .bind(parts.iter().map(|part| part.hours.0).collect::<Vec<_>>())
    .bind(parts.iter().map(|part| part.hours.1).collect::<Vec<_>>())
    .fetch_all(db)
    .await?;
    for (part, counted) in parts.iter_mut().zip(&counted) {
        part.quantity = counted.quantity;
    }
    let first = counted.iter().filter_map(|counted| counted.first_hour).min();
    let last = counted.iter().filter_map(|counted| counted.last_hour).max();
    let Some((first, last)) = first.zip(last) else {
        metered.quantity = Decimal::ZERO;
        return Ok(false);
    };
    (metered.first_hour, metered.last_hour) = (first, last);
    metered.quantity = counted.iter().map(|counted| counted.quantity).sum();
    metered.records = counted.iter().map(|counted| counted.records).sum();
    Ok(true)
}
