//! What customers' months are made of: a few rows for each resource, never the hours.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::billed::{WaitingRow, billed, waiting};
use super::{metered, odd_months};
use crate::db::timelines::Timelines;
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

/// The facts of these customers' `month`; `over` when the calendar's has ended.
///
/// # Errors
/// When the database fails.
pub async fn facts(
    pool: &PgPool,
    timelines: &Timelines,
    month: Month,
    over: bool,
    customers: &[i64],
) -> sqlx::Result<Vec<MonthFacts>> {
    let named: Vec<(i64, Uuid, String, bool)> = sqlx::query_as(concat!(
        "select c.id, c.uuid, c.name, ",
        odd_months!("$2"),
        " from customer c where c.id = any($1) order by c.id"
    ))
    .bind(customers)
    .bind(timelines.allow_own_days())
    .fetch_all(pool)
    .await?;
    let odd: HashSet<i64> = named.iter().filter(|row| row.3).map(|row| row.0).collect();
    let mut months: HashMap<i64, MonthFacts> = named
        .into_iter()
        .map(|(customer_id, uuid, name, _)| {
            let facts = MonthFacts {
                customer_id,
                customer: Named { uuid, name },
                ..MonthFacts::default()
            };
            (customer_id, facts)
        })
        .collect();
    let mut parts = Parts::default();
    for (resource, metered) in metered::metered(pool, timelines, month, customers).await? {
        parts.sums.entry(resource).or_default().push(metered);
    }
    if over {
        parts.wait(waiting(pool, month, customers).await?);
    }
    for row in billed(pool, month, customers).await? {
        let Some(facts) = months.get_mut(&row.customer_id) else {
            continue;
        };
        // What has no usage line (charges, fees, taxes) is all there is once nothing of the month is on its way. What is on its
        // way is known of the calendar's month only.
        let complete = over && !parts.awaited.contains(&row.customer_id) && !odd.contains(&row.customer_id);
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
