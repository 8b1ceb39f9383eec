//! What customers' months are made of: a few rows for each resource, never the hours.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

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
    factor: Option<Decimal>,
    quantity: Decimal,
    records: i32,
    first_hour: DateTime<Utc>,
    last_hour: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct BilledRow {
    customer_id: i64,
    resource_id: Option<i64>,
    label: String,
    is_fee: bool,
    currency: String,
    amount: Decimal,
    billed_until: Option<NaiveDate>,
}

/// The facts of these customers' `month`.
///
/// # Errors
/// When the database fails.
pub async fn facts(pool: &PgPool, month: Month, customers: &[i64]) -> sqlx::Result<Vec<MonthFacts>> {
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
    let mut parts = Parts {
        sums: HashMap::new(),
        billed: HashMap::new(),
    };
    for sum in sums(pool, month, customers).await? {
        parts.sums.entry(sum.resource_id).or_default().push(sum.into());
    }
    for row in billed(pool, month, customers).await? {
        let Some(facts) = months.get_mut(&row.customer_id) else {
            continue;
        };
        facts.invoiced |= row.billed_until >= Some(month.next().first_day());
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

struct Parts {
    sums: HashMap<i64, Vec<Metered>>,
    billed: HashMap<i64, Vec<Billed>>,
}

impl Parts {
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
        }
    }
}

async fn resources(pool: &PgPool, customers: &[i64], ids: &[i64]) -> sqlx::Result<Vec<ResourceRow>> {
    sqlx::query_as(
        "select r.id, r.customer_id, r.uuid, r.name, r.type, r.project_uuid, r.project_name, s.uuid as service_uuid,
                s.name as service_name, r.terminated_at
         from resource r left join service s on s.id = r.service_id
         where r.customer_id = any($1) and r.id = any($2) order by r.id",
    )
    .bind(customers)
    .bind(ids)
    .fetch_all(pool)
    .await
}

async fn sums(pool: &PgPool, month: Month, customers: &[i64]) -> sqlx::Result<Vec<SumRow>> {
    sqlx::query_as(
        "select s.resource_id, m.name as meter, o.plan, o.unit, o.factor, s.quantity, s.records, s.first_hour, s.last_hour
         from usage_sum s
         join resource r on r.id = s.resource_id
         join meter m on m.id = s.meter_id
         left join route o on o.resource_id = s.resource_id and o.meter_id = s.meter_id
         where s.month = $1 and r.customer_id = any($2)
         order by s.resource_id, m.name",
    )
    .bind(month.first_day())
    .bind(customers)
    .fetch_all(pool)
    .await
}

/// Of committed invoices, by the month in which the charged period begins. Credits are no cost, they settle one; except
/// our own, which take back what was charged.
async fn billed(pool: &PgPool, month: Month, customers: &[i64]) -> sqlx::Result<Vec<BilledRow>> {
    sqlx::query_as(
        "select i.customer_id, x.resource_id, coalesce(x.meter, x.kind) as label, x.kind in ('recurring', 'fixed') as is_fee,
                x.currency, sum(x.amount) as amount, max(x.end_date) filter (where x.kind = 'usage') as billed_until
         from invoice_item x join invoice i on i.id = x.invoice_id
         where i.customer_id = any($2) and i.status = 'COMMITTED' and x.gone_at is null
           and (x.kind <> 'credit' or x.settlement_line_id is not null)
           and coalesce(x.start_date, i.invoice_date) >= $1 and coalesce(x.start_date, i.invoice_date) < $1 + interval '1 month'
         group by 1, 2, 3, 4, 5
         order by 1, 2, 3, 4, 5",
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
            factor: row.factor.unwrap_or(Decimal::ONE),
            quantity: row.quantity,
            records: row.records.into(),
            first_hour: row.first_hour,
            last_hour: row.last_hour,
        }
    }
}

impl From<BilledRow> for Billed {
    fn from(row: BilledRow) -> Self {
        Self {
            label: row.label,
            is_fee: row.is_fee,
            currency: row.currency,
            amount: row.amount,
        }
    }
}
