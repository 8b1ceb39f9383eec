//! A resource's hours as money: so far, and to the end of the month.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{Estimate, Metered};
use crate::domain::money;
use crate::domain::price::PriceItem;
use crate::domain::rating::rate;
use crate::domain::route::Routing;

/// Rates a resource's sums by the price list in force. `until` is the instant up to which consumption goes on: the month's
/// end or the resource's, none when the month is over.
#[must_use]
pub fn rated(metered: &[Metered], routing: &Routing, until: Option<DateTime<Utc>>) -> Estimate {
    let mut estimate = Estimate::default();
    // Meters that share a unit of a plan are billed as one: their sum is rated, once.
    let mut shared: BTreeMap<(&str, Option<&str>), Vec<&Metered>> = BTreeMap::new();
    for one in metered {
        match priced(one, routing) {
            Some(item) => shared.entry((&item.plan, item.unit.as_deref())).or_default().push(one),
            None => estimate.unrated += one.records,
        }
    }
    for ((plan, unit), meters) in shared {
        let Some(item) = item(routing, plan, unit) else {
            continue;
        };
        let sum = |quantity: &dyn Fn(&Metered) -> Decimal| meters.iter().map(|one| quantity(one) * one.factor).sum();
        let consumed = cost(item, sum(&|one| one.quantity));
        estimate.consumed += consumed;
        estimate.total += cost(item, sum(&|one| projected(one, until)));
        let names: Vec<&str> = meters.iter().map(|one| one.meter.as_str()).collect();
        *estimate.details.entry(names.join("+")).or_default() += consumed;
    }
    estimate
}

/// Quantity to the end: what was counted, and for the hours to come the average of those since the first.
fn projected(one: &Metered, until: Option<DateTime<Utc>>) -> Decimal {
    let seen_until = one.last_hour + TimeDelta::hours(1);
    let seen = (seen_until - one.first_hour).num_hours().max(1);
    let to_come = until.map_or(0, |until| (until - seen_until).num_hours()).max(0);
    let more = one.quantity * Decimal::from(to_come) / Decimal::from(seen);
    (one.quantity + more).round_dp(9)
}

/// What a line of an invoice comes to for `quantity` of a unit (in Kill Bill's measure), of which `billed` stands on earlier
/// lines, unrounded: late usage is rounded by itself. None without a price.
#[must_use]
pub fn line_cost(routing: &Routing, plan: &str, unit: &str, quantity: Decimal, billed: Decimal) -> Option<Decimal> {
    item(routing, plan, Some(unit)).map(|item| money::round(exact(item, quantity) - billed, &item.currency))
}

/// As one line of an invoice.
fn cost(item: &PriceItem, quantity: Decimal) -> Decimal {
    money::round(exact(item, quantity), &item.currency)
}

fn exact(item: &PriceItem, quantity: Decimal) -> Decimal {
    if item.unit.is_some() {
        rate(item.tier_policy, &item.tiers, quantity).amount()
    } else {
        quantity * item.hourly
    }
}

fn priced<'a>(one: &Metered, routing: &'a Routing) -> Option<&'a PriceItem> {
    match &one.plan {
        Some(plan) => item(routing, plan, one.unit.as_deref()),
        None => routing.monthly_price(&one.meter),
    }
}

fn item<'a>(routing: &'a Routing, plan: &str, unit: Option<&str>) -> Option<&'a PriceItem> {
    routing
        .items()
        .find(|item| item.plan == plan && item.unit.as_deref() == unit)
}
