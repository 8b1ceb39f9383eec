//! What customers' months are made of: a few rows for each resource, never the hours.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::billed::{WaitingRow, billed, waiting};
use crate::db::timelines;
use crate::domain::estimate::{Billed, Metered, MonthFacts, Named, Part, ResourceFacts, parts};
use crate::domain::month::Month;

#[derive(sqlx::FromRow)]
struct ResourceRow {
    id: i64,
    customer_id: i64,
    uuid: Uuid,
    name: String,
    r#type: String,
    project_uuid: Option<Uuid>,
    project_name: String,
    service_uuid: Option<Uuid>,
    service_name: Option<String>,
    terminated_at: Option<DateTime<Utc>>,
}

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
    records: i32,
    first_hour: DateTime<Utc>,
    last_hour: DateTime<Utc>,
}

/// The facts of these customers' `month`; `over` when it has ended.
///
/// # Errors
/// When the database fails.
pub async fn facts(
    pool: &PgPool,
    currency: &str,
    month: Month,
    over: bool,
    customers: &[i64],
) -> sqlx::Result<Vec<MonthFacts>> {
    let named: Vec<(i64, Uuid, String)> =
        sqlx::query_as("select id, uuid, name from customer where id = any($1) order by id")
            .bind(customers)
            .fetch_all(pool)
            .await?;
    let mut months: HashMap<i64, MonthFacts> = named
        .into_iter()
        .map(|(customer_id, uuid, name)| {
            let facts = MonthFacts {
                customer_id,
                customer: Named { uuid, name },
                ..MonthFacts::default()
            };
            (customer_id, facts)
        })
        .collect();
    let mut parts = Parts::default();
    let sums = sums(pool, month, customers).await?;
    for (sum, billed) in sums.iter().zip(billed_parts(pool, currency, month, &sums).await?) {
        parts.sums.entry(sum.resource_id).or_default().push(sum.metered(billed));
    }
    if over {
        parts.wait(waiting(pool, month, customers).await?);
    }
    for row in billed(pool, month, customers).await? {
        let Some(facts) = months.get_mut(&row.customer_id) else {
            continue;
        };
        // What has no usage line (charges, fees, taxes) is all there is once nothing of the month is on its way.
        let complete = over && !parts.awaited.contains(&row.customer_id);
        facts.invoiced |= complete || row.billed_until >= Some(month.next().first_day());
        match row.resource_id {
            Some(resource) => parts.billed.entry(resource).or_default().push(row.into()),
            None => facts.unassigned.push(row.into()),
        }
    }
    for row in resources(pool, customers, &parts.ids()).await? {
        if let Some(facts) = months.get_mut(&row.customer_id) {
            facts.resources.push(parts.take(row));
        }
    }
    Ok(months.into_values().collect())
}

#[derive(Default)]
struct Parts {
    sums: HashMap<i64, Vec<Metered>>,
    billed: HashMap<i64, Vec<Billed>>,
    waiting: HashMap<i64, i64>,
    /// Customers of whose month something will be invoiced yet.
    awaited: HashSet<i64>,
}

impl Parts {
    fn wait(&mut self, rows: Vec<WaitingRow>) {
        for row in rows {
            if row.is_awaited {
                self.awaited.insert(row.customer_id);
            }
            if let Some(resource) = row.resource_id {
                *self.waiting.entry(resource).or_default() += row.records;
            }
        }
    }

    fn ids(&self) -> Vec<i64> {
        self.sums.keys().chain(self.billed.keys()).copied().collect()
    }

    fn take(&mut self, row: ResourceRow) -> ResourceFacts {
        let named = |uuid: Option<Uuid>, name: String| uuid.map(|uuid| Named { uuid, name });
        ResourceFacts {
            resource: Named {
                uuid: row.uuid,
                name: row.name,
            },
            resource_type: row.r#type,
            project: named(row.project_uuid, row.project_name),
            service: named(row.service_uuid, row.service_name.unwrap_or_default()),
            terminated_at: row.terminated_at,
            metered: self.sums.remove(&row.id).unwrap_or_default(),
            billed: self.billed.remove(&row.id).unwrap_or_default(),
            waiting: self.waiting.remove(&row.id).unwrap_or_default(),
        }
    }
}

async fn resources(pool: &PgPool, customers: &[i64], ids: &[i64]) -> sqlx::Result<Vec<ResourceRow>> {
    sqlx::query_as(
        "select r.id, r.customer_id, r.uuid, r.name, r.type, r.project_uuid, coalesce(p.name, '') as project_name,
                s.uuid as service_uuid, s.name as service_name, r.terminated_at
         from resource r left join service s on s.id = r.service_id
         left join project p on p.customer_id = any($1) and (p.customer_id, p.uuid) = (r.customer_id, r.project_uuid)
         where r.customer_id = any($1) and r.id = any($2) order by r.id",
    )
    .bind(customers)
    .bind(ids)
    .fetch_all(pool)
    .await
}

async fn sums(pool: &PgPool, month: Month, customers: &[i64]) -> sqlx::Result<Vec<SumRow>> {
    sqlx::query_as(
        "select s.resource_id, m.name as meter, o.plan, o.unit, o.factor, b.id as subscription_id, s.meter_id, s.quantity, s.records, s.first_hour, s.last_hour
         from usage_sum s
         join resource r on r.id = s.resource_id
         join meter m on m.id = s.meter_id
         left join route o on o.resource_id = s.resource_id and o.meter_id = s.meter_id
         left join subscription b on b.resource_id = o.resource_id and b.plan = o.plan and b.replaced_at is null
         where s.month = $1 and r.customer_id = any($2)
         order by s.resource_id, m.name",
    )
    .bind(month.first_day())
    .bind(customers)
    .fetch_all(pool)
    .await
}

impl SumRow {
    fn metered(&self, parts: Option<Vec<Part>>) -> Metered {
        Metered {
            meter: self.meter.clone(),
            plan: self.plan.clone(),
            unit: self.unit.clone(),
            parts,
            factor: self.factor.unwrap_or(Decimal::ONE),
            quantity: self.quantity,
            records: self.records.into(),
            first_hour: self.first_hour,
            last_hour: self.last_hour,
        }
    }

    /// The kept sum is all there is to know of a month that one part covers.
    fn is_whole(&self, parts: &[Part]) -> bool {
        matches!(parts, [only] if only.hours.0 <= self.first_hour && self.last_hour < only.hours.1)
    }
}

/// For each sum the parts of the month that its subscription bills, with their quantities.
async fn billed_parts(
    pool: &PgPool,
    currency: &str,
    month: Month,
    sums: &[SumRow],
) -> sqlx::Result<Vec<Option<Vec<Part>>>> {
    let ids: Vec<i64> = sums.iter().filter_map(|sum| sum.subscription_id).collect();
    let timelines = timelines::of_subscriptions(pool, currency, &ids).await?;
    let mut db = pool.acquire().await?;
    let mut found = Vec::with_capacity(sums.len());
    for sum in sums {
        let timeline = sum.subscription_id.and_then(|id| timelines.get(&id));
        let mut own = timeline
            .zip(sum.unit.as_deref())
            .map(|(timeline, unit)| parts(timeline, unit, month));
        match own.as_deref_mut() {
            Some([only]) if sum.is_whole(std::slice::from_ref(only)) => only.quantity = sum.quantity,
            Some(several) => count(&mut db, sum, several).await?,
            None => {}
        }
        found.push(own);
    }
    Ok(found)
}

/// Counts record by record what was used in each part.
async fn count(db: &mut PgConnection, sum: &SumRow, parts: &mut [Part]) -> sqlx::Result<()> {
    let quantities: Vec<Decimal> = sqlx::query_scalar(
        "select coalesce((select sum(u.quantity) from usage_record u
                          where u.resource_id = $1 and u.meter_id = $2 and u.hour >= k.starts and u.hour < k.ends and not u.superseded), 0)
         from unnest($3::timestamptz[], $4::timestamptz[]) with ordinality as k (starts, ends, position) order by k.position",
    )
    .bind(sum.resource_id)
    .bind(sum.meter_id)
    .bind(parts.iter().map(|part| part.hours.0).collect::<Vec<_>>())
    .bind(parts.iter().map(|part| part.hours.1).collect::<Vec<_>>())
    .fetch_all(db)
    .await?;
    for (part, quantity) in parts.iter_mut().zip(quantities) {
        part.quantity = quantity;
    }
    Ok(())
}
