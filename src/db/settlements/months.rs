//! Which months of a customer's have hours to settle, and what is to be settled of one.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sqlx::PgPool;

use super::terms::Terms;
use super::{Group, charges, groups as corrections};
use crate::db::outbox::settled_rows;
use crate::domain::month::Month;

/// Whether any meter's hours are charged here at all.
///
/// # Errors
/// When the database fails.
pub async fn charges_wait(pool: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from route where way = 'charge' and hold is null)")
        .fetch_one(pool)
        .await
}

/// The months that have something to settle, the earliest first. `due`: months of monthly prices are over up to here.
///
/// # Errors
/// When the database fails.
pub async fn months(pool: &PgPool, customer_id: i64, due: DateTime<Utc>, terms: Terms<'_>) -> sqlx::Result<Vec<Month>> {
    const MONTHS: &str = concat!(
        "select date_trunc('month', u.hour)::date from resource r join usage_record u on u.resource_id = r.id
         where r.customer_id = $1 and ",
        correction_rows!("$2"),
        " union
         select date_trunc('month', u.hour)::date from resource r
         join route o on o.resource_id = r.id and o.way = 'charge' and o.hold is null
         join usage_record u on u.resource_id = r.id and u.meter_id = o.meter_id
         where r.customer_id = $1 and u.hour < $3 and ",
        settled_rows!("$4", "$5"),
        " order by 1"
    );
    let months: Vec<NaiveDate> = sqlx::query_scalar(MONTHS)
        .bind(customer_id)
        .bind(terms.asks.words())
        .bind(due)
        .bind(TimeDelta::from_std(terms.settle_after).unwrap_or(TimeDelta::MAX))
        .bind(terms.now)
        .fetch_all(pool)
        .await?;
    Ok(months.into_iter().map(Month::of).collect())
}

/// What is to be settled of a month, by line.
///
/// # Errors
/// When the database fails.
pub async fn groups(
    pool: &PgPool,
    customer_id: i64,
    month: Month,
    due: DateTime<Utc>,
    terms: Terms<'_>,
) -> sqlx::Result<Vec<Group>> {
    let mut groups = corrections::corrections(pool, customer_id, month, terms.asks, terms.currency).await?;
    if month.start() < due {
        groups.extend(charges::charges(pool, customer_id, month, terms).await?);
    }
    Ok(groups)
}
