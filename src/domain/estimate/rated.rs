//! A resource's hours as money: so far, and to the end of the month.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::pricing::{UnitPrice, parts};
use super::{Estimate, Metered, Part, Pricing};
use crate::domain::money;
use crate::domain::month::Month;
use crate::domain::timeline::Timeline;

/// What a sum is multiplied with, or rated by.
enum Price {
    /// Part by part, as the timeline cuts the month.
    Parts,
    /// The whole month as one: no subscription yet.
    Month(UnitPrice),
    Hourly(Decimal),
}

/// Where a meter's hours are billed: its plan and unit; without a plan the meter itself.
type Place<'a> = (&'a str, Option<&'a str>);

/// Rates a resource's sums. `until` is the instant up to which consumption goes on: the month's end or the resource's, none
/// when the month is over.
#[must_use]
pub fn rated(metered: &[Metered], pricing: Pricing<'_>, until: Option<DateTime<Utc>>) -> Estimate {
    let mut estimate = Estimate::default();
    // Meters that share a unit of a plan are billed as one: their sum is rated, once.
    let mut shared: BTreeMap<Place<'_>, (Price, Vec<&Metered>)> = BTreeMap::new();
    for one in metered {
        match price(one, pricing) {
            Some((place, price)) => shared.entry(place).or_insert((price, Vec::new())).1.push(one),
            None => estimate.unrated += one.records,
        }
    }
    for (price, meters) in shared.into_values() {
        let cost = |end: &dyn Fn(&Metered) -> DateTime<Utc>| price.cost(&meters, end, pricing.currency());
        let consumed = cost(&seen_until);
        estimate.consumed += consumed;
        estimate.total += cost(&|one| until.map_or(seen_until(one), |until| until.max(seen_until(one))));
        let names: Vec<&str> = meters.iter().map(|one| one.meter.as_str()).collect();
        *estimate.details.entry(names.join("+")).or_default() += consumed;
    }
    estimate
}

fn seen_until(one: &Metered) -> DateTime<Utc> {
    one.last_hour + TimeDelta::hours(1)
}

/// What is still to come between two instants, at the average since the first hour.
fn to_come(one: &Metered, from: DateTime<Utc>, until: DateTime<Utc>) -> Decimal {
    let seen = (seen_until(one) - one.first_hour).num_hours().max(1);
    let hours = (until - from.max(seen_until(one))).num_hours().max(0);
    one.quantity * Decimal::from(hours) / Decimal::from(seen)
}

/// Quantity up to `end`: what was counted, and for the hours to come the average of those since the first.
fn projected(one: &Metered, end: DateTime<Utc>) -> Decimal {
    (one.quantity + to_come(one, seen_until(one), end)).round_dp(9)
}

/// The same of one part of the month.
fn projected_part(one: &Metered, part: &Part, end: DateTime<Utc>) -> Decimal {
    (part.quantity + to_come(one, part.hours.0, end.min(part.hours.1))).round_dp(9)
}

impl Price {
    /// What these meters cost up to an end of each, as lines of an invoice: one for each part.
    fn cost(&self, meters: &[&Metered], end: &dyn Fn(&Metered) -> DateTime<Utc>, currency: &str) -> Decimal {
        let sum = |quantity: &dyn Fn(&Metered) -> Decimal| -> Decimal {
            meters.iter().map(|one| quantity(one) * one.factor).sum()
        };
        match self {
            Self::Hourly(hourly) => money::round(sum(&|one| projected(one, end(one))) * hourly, currency),
            Self::Month(price) => money::round(price.exact(sum(&|one| projected(one, end(one)))), currency),
            Self::Parts => {
                let first = meters.first().and_then(|one| one.parts.as_deref()).unwrap_or_default();
                let lines = first.iter().enumerate().map(|(index, part)| {
                    let quantity = sum(&|one| {
                        let own = one.parts.as_ref().and_then(|parts| parts.get(index));
                        own.map_or(Decimal::ZERO, |own| projected_part(one, own, end(one)))
                    });
                    money::round(part.price.exact(quantity), currency)
                });
                lines.sum()
            }
        }
    }
}

/// A unit of a subscription in a month, as a line of an invoice bills it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub timeline: &'a Timeline,
    pub unit: &'a str,
    pub month: Month,
    /// What earlier lines billed, unrounded: late usage is rounded by itself.
    pub billed: Decimal,
}

/// What a line comes to. Where the price changes inside the month it is between two figures, by when the unit was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCost {
    /// By the price that holds when the month begins.
    pub cost: Decimal,
    pub least: Decimal,
    pub most: Decimal,
}

/// What the next line comes to for `quantity` of the unit (in Kill Bill's measure); nothing without a price.
#[must_use]
pub fn line_cost(line: Line<'_>, quantity: Decimal, currency: &str) -> LineCost {
    let parts = parts(line.timeline, line.unit, line.month);
    let cost = |part: &Part| money::round(part.price.exact(quantity) - line.billed, currency);
    let Some(first) = parts.first().map(cost) else {
        return LineCost::default();
    };
    // In a month that is not billed as a whole some of it may be free.
    let bounds = |low: DateTime<Utc>, high: DateTime<Utc>| (high - low).num_hours();
    let billed: i64 = parts.iter().map(|part| bounds(part.hours.0, part.hours.1)).sum();
    let start = line
        .timeline
        .start()
        .unwrap_or(line.month.start())
        .max(line.month.start());
    let free = billed
        < bounds(
            start,
            line.timeline
                .end()
                .map_or(line.month.end(), |end| end.at.min(line.month.end())),
        );
    let least = if free { first.min(Decimal::ZERO) } else { first };
    LineCost {
        cost: first,
        least: parts.iter().map(cost).fold(least, Decimal::min),
        most: parts.iter().map(cost).fold(first, Decimal::max),
    }
}

fn price<'a>(one: &'a Metered, pricing: Pricing<'_>) -> Option<(Place<'a>, Price)> {
    match (&one.plan, &one.unit) {
        (Some(plan), Some(unit)) => {
            let price = if one.parts.is_some() {
                Price::Parts
            } else {
                Price::Month(UnitPrice::of_item(pricing.listed(plan, Some(unit))?))
            };
            Some(((plan, Some(unit)), price))
        }
        (Some(plan), None) => {
            let item = pricing.listed(plan, None)?;
            Some(((plan, None), Price::Hourly(item.hourly)))
        }
        (None, _) => pricing
            .monthly(&one.meter)
            .map(|item| ((one.meter.as_str(), None), Price::Hourly(item.hourly))),
    }
}
