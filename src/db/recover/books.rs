//! What the ledger says about a subscription, finer than by month: what is known to be in Kill Bill, and what waits.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::Waiting;
use super::differences::HOLD;
use crate::db::subscriptions::Subscription;
use crate::domain::hour::Hour;
use crate::domain::month::Month;
use crate::domain::recover::{Hourly, Spot};

/// Per unit, what is known to be in Kill Bill from the first of these months to the last.
///
/// # Errors
/// When the database fails.
pub async fn booked_between(
    pool: &PgPool,
    subscription_id: i64,
    (first, last): (Month, Month),
) -> sqlx::Result<BTreeMap<String, Decimal>> {
    let rows: Vec<(String, Decimal)> = sqlx::query_as(
        "select u.unit, sum(u.amount) from delivery d join delivery_unit u on u.delivery_id = d.id
         where d.subscription_id = $1 and d.month between $2 and $3 and d.state in ('delivered', 'verified')
         group by u.unit",
    )
    .bind(subscription_id)
    .bind(first.first_day())
    .bind(last.first_day())
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().collect())
}

macro_rules! by_hour {
    ($which:literal) => {
        concat!(
            "select u.hour, x.unit, figure(sum(u.delta * x.factor)) from delivery d
             join subscription s on s.id = d.subscription_id
             join delivery_unit x on x.delivery_id = d.id
             join usage_record u on u.resource_id = s.resource_id and u.meter_id = x.meter_id
                                and u.hour >= d.window_start and u.hour < d.window_end and u.delivery_id = d.id
             where ",
            $which,
            " group by u.hour, x.unit"
        )
    };
}

/// What is known to be in Kill Bill of the month, by hour and unit.
///
/// # Errors
/// When the database fails.
pub async fn booked_by_hour(pool: &PgPool, subscription_id: i64, month: NaiveDate) -> sqlx::Result<Hourly> {
    let rows = sqlx::query_as(by_hour!(
        "d.subscription_id = $1 and d.month = $2 and d.state in ('delivered', 'verified')"
    ));
    Ok(hourly(rows.bind(subscription_id).bind(month).fetch_all(pool).await?))
}

/// What one delivery carries, by hour and unit.
///
/// # Errors
/// When the database fails.
pub async fn carried_by_hour(pool: &PgPool, delivery_id: i64) -> sqlx::Result<Hourly> {
    let rows = sqlx::query_as(by_hour!("d.id = $1"));
    Ok(hourly(rows.bind(delivery_id).fetch_all(pool).await?))
}

fn hourly(rows: Vec<(DateTime<Utc>, String, Decimal)>) -> Hourly {
    let spot = |hour, unit| Spot {
        hour: Hour::containing(hour),
        unit,
    };
    rows.into_iter()
        .map(|(hour, unit, amount)| (spot(hour, unit), amount))
        .collect()
}

/// Months in which something waits for the subscription, settled or not; two halves for the two partial indexes.
///
/// # Errors
/// When the database fails.
pub async fn waiting_months(pool: &PgPool, subscription: &Subscription) -> sqlx::Result<Vec<NaiveDate>> {
    sqlx::query_scalar(
        "select date_trunc('month', w.hour)::date from (
             select u.meter_id, u.hour from usage_record u
             where u.resource_id = $1 and u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold is null
             union all
             select u.meter_id, u.hour from usage_record u
             where u.resource_id = $1 and u.delivery_id is null and u.settlement_line_id is null and not u.superseded
               and u.hold is not null and u.hold = $3
         ) w join route o on o.resource_id = $1 and o.meter_id = w.meter_id
         where o.plan = $2 and o.hold is null and o.way = 'usage'
         group by 1 order by 1",
    )
    .bind(subscription.resource_id)
    .bind(&subscription.plan)
    .bind(HOLD)
    .fetch_all(pool)
    .await
}

/// What could be there already: the revisions of these hours that no delivery carries and that are newer than any that
/// one does. A replaced one too: it may have been sent before it was replaced.
///
/// # Errors
/// When the database fails.
pub async fn waiting_in(
    pool: &PgPool,
    subscription: &Subscription,
    hours: &[DateTime<Utc>],
) -> sqlx::Result<Vec<Waiting>> {
    sqlx::query_as(
        "select u.meter_id, m.name as meter, u.hour, u.revision, u.superseded, u.delta, o.unit, o.factor
         from usage_record u
         join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
         join meter m on m.id = u.meter_id
         where u.resource_id = $1 and u.hour = any($3) and o.plan = $2 and o.hold is null and o.way = 'usage'
           and u.delivery_id is null and u.settlement_line_id is null
           and not exists (select from usage_record l where l.resource_id = u.resource_id and l.meter_id = u.meter_id
                           and l.hour = u.hour and l.revision > u.revision
                           and (l.delivery_id is not null or l.settlement_line_id is not null))
         order by u.hour, u.meter_id, u.revision",
    )
    .bind(subscription.resource_id)
    .bind(&subscription.plan)
    .bind(hours)
    .fetch_all(pool)
    .await
}

/// What waits in the month of units of which more waits in one hour and less in another: together they may come to nothing,
/// and then Kill Bill's sum of the month does not tell whether they are there. By hour and unit.
///
/// # Errors
/// When the database fails.
pub async fn cancelling_in(
    pool: &PgPool,
    subscription: &Subscription,
    month: Month,
) -> sqlx::Result<Vec<(Spot, Decimal)>> {
    let rows: Vec<(DateTime<Utc>, String, Decimal)> = sqlx::query_as(
        "with waiting as (
             select u.hour, o.unit, figure(u.delta * o.factor) as amount
             from usage_record u
             join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
             where u.resource_id = $1 and u.hour >= $3 and u.hour < $4 and o.plan = $2 and o.hold is null and o.way = 'usage'
               and u.delivery_id is null and u.settlement_line_id is null and u.delta <> 0
         )
         select hour, unit, amount from waiting
         where unit in (select unit from waiting group by unit having min(amount) < 0 and max(amount) > 0)",
    )
    .bind(subscription.resource_id)
    .bind(&subscription.plan)
    .bind(month.start())
    .bind(month.end())
    .fetch_all(pool)
    .await?;
    let spot = |(hour, unit, amount)| {
        let hour = Hour::containing(hour);
        (Spot { hour, unit }, amount)
    };
    Ok(rows.into_iter().map(spot).collect())
}
