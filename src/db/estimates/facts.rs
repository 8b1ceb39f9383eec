//! What customers' months are made of: a few rows for each resource, never the hours.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::billed::{WaitingRow, billed, waiting};
use crate::domain::estimate::{Billed, Metered, MonthFacts, Named, ResourceFacts};
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
    subscribed_at: Option<DateTime<Utc>>,
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
pub async fn facts(pool: &PgPool, month: Month, over: bool, customers: &[i64]) -> sqlx::Result<Vec<MonthFacts>> {
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
    for sum in sums(pool, month, customers).await? {
        parts.sums.entry(sum.resource_id).or_default().push(sum.into());
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
        "select s.resource_id, m.name as meter, o.plan, o.unit, o.factor, b.billing_start as subscribed_at, s.quantity, s.records, s.first_hour, s.last_hour
         from usage_sum s
         join resource r on r.id = s.resource_id
         join meter m on m.id = s.meter_id
         left join route o on o.resource_id = s.resource_id and o.meter_id = s.meter_id
         left join subscription b on b.resource_id = o.resource_id and b.plan = o.plan
         where s.month = $1 and r.customer_id = any($2)
         order by s.resource_id, m.name",
    )
    .bind(month.first_day())
    .bind(customers)
    .fetch_all(pool)
    .await
}

impl From<SumRow> for Metered {
    fn from(row: SumRow) -> Self {
        Self {
            meter: row.meter,
            plan: row.plan,
            unit: row.unit,
            subscribed_at: row.subscribed_at,
            factor: row.factor.unwrap_or(Decimal::ONE),
            quantity: row.quantity,
            records: row.records.into(),
            first_hour: row.first_hour,
            last_hour: row.last_hour,
        }
    }
}
