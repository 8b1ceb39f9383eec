//! What is held, by reason: records, resources, age and money. Read by `/api/holds/` and at every scrape of `/metrics`,
//! so it stands on the partial indexes of what is open and on the few routes that are held.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::domain::hold::HoldCode;

/// What one reason holds.
#[derive(Clone, Debug)]
pub struct Held {
    pub code: HoldCode,
    pub records: i64,
    pub resources: i64,
    /// Earliest and latest hour.
    pub hours: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// When the oldest of them was recorded.
    pub since: Option<DateTime<Utc>>,
    /// At today's list price by currency, where there is a price.
    pub worth: Vec<(String, Decimal)>,
}

#[derive(FromRow)]
struct Row {
    code: HoldCode,
    records: i64,
    resources: i64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    since: DateTime<Utc>,
}

// Two halves, each on its own index: rows with a hold of their own, and rows of routes that are held.
macro_rules! held {
    ($rest:literal) => {
        concat!(
            "with held as (
                 select u.resource_id, u.meter_id, u.hour, u.recorded_at, u.delta, u.hold from usage_record u
                 where u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold is not null
                   -- A zero waits for nothing, such as a wrong hour that was corrected.
                   and u.delta <> 0
                 union all
                 select u.resource_id, u.meter_id, u.hour, u.recorded_at, u.delta, o.hold
                 from route o join usage_record u on u.resource_id = o.resource_id and u.meter_id = o.meter_id
                 where o.hold is not null and u.delivery_id is null and not u.superseded and u.hold is null
             ), seen as (
                 select h.* from held h join resource r on r.id = h.resource_id left join customer c on c.id = r.customer_id
                 where $1::uuid is null or c.uuid = $1
             ) ",
            $rest
        )
    };
}

/// Every reason that holds something now, of one customer or of all; the most records first.
///
/// # Errors
/// When the database fails.
pub async fn held(pool: &PgPool, customer: Option<Uuid>) -> sqlx::Result<Vec<Held>> {
    let rows: Vec<Row> = sqlx::query_as(held!(
        "select hold as code, count(*) as records, count(distinct resource_id) as resources,
                min(hour) as first, max(hour) as last, min(recorded_at) as since
         from seen group by hold order by count(*) desc, hold"
    ))
    .bind(customer)
    .fetch_all(pool)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let worth = worth(pool, customer).await?;
    Ok(rows.into_iter().map(|row| row.held(&worth)).collect())
}

/// The list price is that of the catalog version in force; a route that names no plan has no price yet.
async fn worth(pool: &PgPool, customer: Option<Uuid>) -> sqlx::Result<Vec<(HoldCode, String, Decimal)>> {
    sqlx::query_as(held!(
        "select s.hold, p.currency, figure(sum(s.delta * p.hourly))
         from seen s
         join route o on o.resource_id = s.resource_id and o.meter_id = s.meter_id
         join price_item p on p.plan = o.plan and p.unit is not distinct from o.unit
          and p.version_id = (select id from catalog_version where in_force)
         group by 1, 2 order by 1, 2"
    ))
    .bind(customer)
    .fetch_all(pool)
    .await
}

impl Row {
    fn held(self, worth: &[(HoldCode, String, Decimal)]) -> Held {
        let mine = worth.iter().filter(|(code, ..)| *code == self.code);
        Held {
            code: self.code,
            records: self.records,
            resources: self.resources,
            hours: Some((self.first, self.last)),
            since: Some(self.since),
            worth: mine.map(|(_, currency, amount)| (currency.clone(), *amount)).collect(),
        }
    }
}
