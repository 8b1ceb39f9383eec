//! Hours of products that have a monthly price only, by resource, meter and the price in force in each hour.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::Group;
use super::terms::Terms;
use crate::db::outbox::settled_rows;
use crate::domain::month::Month;
use crate::domain::settlement::Class;

#[derive(Clone, sqlx::FromRow)]
struct Row {
    resource_id: i64,
    resource_uuid: Uuid,
    resource_name: String,
    meter_id: i16,
    meter: String,
    plan: String,
    charged: bool,
}

/// The month's charges; what was charged before makes the rest a difference.
pub(super) async fn charges(
    pool: &PgPool,
    customer_id: i64,
    month: Month,
    terms: Terms<'_>,
) -> sqlx::Result<Vec<Group>> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "select r.id as resource_id, r.uuid as resource_uuid, r.name as resource_name, m.id as meter_id, m.name as meter, o.plan,
                exists (select from settlement_line l
                        where l.resource_id = r.id and l.meter_id = m.id and l.monthly is not null
                          and l.period_start >= $2::date and l.period_start < $3::date) as charged
         from resource r
         join route o on o.resource_id = r.id and o.way = 'charge' and o.hold is null
         join meter m on m.id = o.meter_id
         where r.customer_id = $1
           and exists (select from usage_record u
                       where u.resource_id = r.id and u.meter_id = m.id and u.hour >= $2 and u.hour < $3 and ",
        settled_rows!("$4", "$5"),
        ") order by r.name, r.id, m.name"
    ))
    .bind(customer_id)
    .bind(month.start())
    .bind(month.end())
    .bind(TimeDelta::from_std(terms.settle_after).unwrap_or(TimeDelta::MAX))
    .bind(terms.now)
    .fetch_all(pool)
    .await?;
    let prices = prices(pool, &rows, terms.currency).await?;
    let none = Vec::new();
    let groups = rows.iter().flat_map(|row| {
        let known = prices.get(&row.plan).unwrap_or(&none);
        spans(month, known).into_iter().map(|span| row.group(span))
    });
    Ok(groups.collect())
}

/// Monthly prices of the plans, with the instants at which each came into force.
async fn prices(
    pool: &PgPool,
    rows: &[Row],
    currency: &str,
) -> sqlx::Result<BTreeMap<String, Vec<(DateTime<Utc>, Decimal)>>> {
    let plans: Vec<&str> = rows.iter().map(|row| row.plan.as_str()).collect();
    let found: Vec<(String, DateTime<Utc>, Decimal)> = sqlx::query_as(
        "select p.plan, v.effective_from, p.monthly from price_item p join catalog_version v on v.id = p.version_id
         where p.plan = any($1) and p.currency = $2 and p.unit is null and v.withdrawn_at is null
         order by v.effective_from",
    )
    .bind(plans)
    .bind(currency)
    .fetch_all(pool)
    .await?;
    let mut prices: BTreeMap<String, Vec<(DateTime<Utc>, Decimal)>> = BTreeMap::new();
    for (plan, from, monthly) in found {
        prices.entry(plan).or_default().push((from, monthly.normalize()));
    }
    Ok(prices)
}

type Span = (DateTime<Utc>, DateTime<Utc>, Decimal);

/// The month cut where the price changes. Hours before the first price cost that.
fn spans(month: Month, prices: &[(DateTime<Utc>, Decimal)]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (index, (from, monthly)) in prices.iter().enumerate() {
        let from = if index == 0 {
            month.start()
        } else {
            whole_hour(*from).max(month.start())
        };
        let until = prices
            .get(index + 1)
            .map_or(month.end(), |(next, _)| whole_hour(*next).min(month.end()));
        match spans.last_mut() {
            _ if from >= until => {}
            Some(last) if last.2 == *monthly => last.1 = until,
            _ => spans.push((from, until, *monthly)),
        }
    }
    spans
}

/// An hour costs what is in force when it begins.
fn whole_hour(at: DateTime<Utc>) -> DateTime<Utc> {
    let hour = crate::domain::hour::Hour::containing(at);
    if hour.start() == at { at } else { hour.end() }
}

impl Row {
    fn group(&self, (from, until, monthly): Span) -> Group {
        Group {
            resource_id: self.resource_id,
            resource_uuid: self.resource_uuid,
            resource_name: self.resource_name.clone(),
            meter_id: self.meter_id,
            meter: self.meter.clone(),
            subscription_id: None,
            plan: self.plan.clone(),
            unit: None,
            factor: Decimal::ONE,
            class: if self.charged {
                Class::MonthlyDifference
            } else {
                Class::MonthlyCharge
            },
            hours: (from, until),
            period: (from.date_naive(), first_day_after(until)),
            price: None,
            monthly: Some(monthly),
        }
    }
}

fn first_day_after(until: DateTime<Utc>) -> NaiveDate {
    let day = until.date_naive();
    if until.time() == NaiveTime::MIN {
        day
    } else {
        day + Days::new(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_month_is_cut_where_the_price_changes_and_nowhere_else() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let month = Month::of("2027-05-01".parse().unwrap());
        let prices = [
            (at("2027-01-01T00:00:00Z"), dec!(49)),
            (at("2027-05-11T09:30:00Z"), dec!(59)),
            (at("2027-05-20T00:00:00Z"), dec!(59)),
            (at("2027-07-01T00:00:00Z"), dec!(69)),
        ];
        let middle = at("2027-05-11T10:00:00Z");
        assert_eq!(
            spans(month, &prices),
            [(month.start(), middle, dec!(49)), (middle, month.end(), dec!(59))]
        );
        assert_eq!(spans(month, &prices[3..]), [(month.start(), month.end(), dec!(69))]);
        assert!(spans(month, &[]).is_empty());
        assert_eq!(first_day_after(middle).to_string(), "2027-05-12");
    }
}
