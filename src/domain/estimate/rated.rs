//! A resource's hours as money: so far, and to the end of the month.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::pricing::UnitPrice;
use super::{Estimate, Metered, Part, Pricing};
use crate::domain::money;

/// What a sum is multiplied with, or rated by.
enum Price<'a> {
    /// Part by part, as the timeline cuts the month.
    Parts,
    /// The whole month as one, in this section: no subscription yet.
    Month(&'a str, UnitPrice),
    Hourly(Decimal),
}

/// Where a meter's hours are billed: its plan and unit; without a plan the meter itself.
type Place<'a> = (&'a str, Option<&'a str>);

/// What stands on one line of an invoice, and is rounded once: a section of a plan, or what has none, from when on.
type LineKey<'a> = (&'a str, &'a str, Option<DateTime<Utc>>);

/// Unrounded money: so far, and as it goes on.
#[derive(Clone, Copy, Default)]
struct Exact {
    consumed: Decimal,
    total: Decimal,
}

/// How consumption goes on.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    pub now: DateTime<Utc>,
    /// Where the calendar's month ends.
    pub month_end: DateTime<Utc>,
    /// Where the resource does.
    pub resource_end: Option<DateTime<Utc>>,
}

impl Ahead {
    /// Up to when it is expected in what ends at `end`; none once that is over.
    fn until(&self, end: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self.now < end.max(self.month_end)).then(|| self.resource_end.map_or(end, |at| at.min(end)))
    }
}

/// Rates a resource's sums: so far, and as they go on.
#[must_use]
pub fn rated(metered: &[Metered], pricing: Pricing<'_>, ahead: Ahead) -> Estimate {
    let mut estimate = Estimate::default();
    // Meters that share a unit of a plan are billed as one: their sum is rated, once.
    let mut shared: BTreeMap<Place<'_>, (Price<'_>, Vec<&Metered>)> = BTreeMap::new();
    for one in metered {
        match price(one, pricing) {
            Some((place, price)) => shared.entry(place).or_insert((price, Vec::new())).1.push(one),
            None => estimate.unrated += one.records,
        }
    }
    let mut lines: BTreeMap<LineKey<'_>, Exact> = BTreeMap::new();
    let mut details: BTreeMap<String, Decimal> = BTreeMap::new();
    for (place, (price, meters)) in &shared {
        let names: Vec<&str> = meters.iter().map(|one| one.meter.as_str()).collect();
        let detail = details.entry(names.join("+")).or_default();
        for (key, exact) in price.lines(*place, meters, ahead) {
            *detail += exact.consumed;
            let line = lines.entry(key).or_default();
            line.consumed += exact.consumed;
            line.total += exact.total;
        }
    }
    let currency = pricing.currency();
    estimate.consumed = lines.values().map(|line| money::round(line.consumed, currency)).sum();
    estimate.total = lines.values().map(|line| money::round(line.total, currency)).sum();
    estimate.details = shares(details, estimate.consumed, currency);
    estimate
}

/// Each meter's share of what is consumed: what lines of several meters are rounded by goes to the largest.
fn shares(details: BTreeMap<String, Decimal>, consumed: Decimal, currency: &str) -> BTreeMap<String, Decimal> {
    let rounded = details
        .into_iter()
        .map(|(name, exact)| (name, money::round(exact, currency)));
    let mut rounded: BTreeMap<String, Decimal> = rounded.collect();
    let rest = consumed - rounded.values().sum::<Decimal>();
    if let Some(largest) = rounded.values_mut().max() {
        *largest += rest;
    }
    rounded
}

fn seen_until(one: &Metered) -> DateTime<Utc> {
    one.last_hour + TimeDelta::hours(1)
}

/// Up to when consumption counts in what ends at `end`.
fn counts_until(one: &Metered, ahead: Option<&Ahead>, end: DateTime<Utc>) -> DateTime<Utc> {
    let seen = seen_until(one);
    ahead
        .and_then(|ahead| ahead.until(end))
        .map_or(seen, |until| until.max(seen))
}

/// What is still to come between two instants, at the average since the first hour.
fn to_come(one: &Metered, from: DateTime<Utc>, until: DateTime<Utc>) -> Decimal {
    let seen = (seen_until(one) - one.first_hour).num_hours().max(1);
    let hours = (until - from.max(seen_until(one))).num_hours().max(0);
    one.quantity * Decimal::from(hours) / Decimal::from(seen)
}

/// Quantity of the calendar's month: what was counted, and for the hours to come the average of those since the first.
fn of_month(one: &Metered, ahead: Option<&Ahead>) -> Decimal {
    let end = ahead.map_or(one.last_hour, |ahead| ahead.month_end);
    (one.quantity + to_come(one, seen_until(one), counts_until(one, ahead, end))).round_dp(9)
}

/// The same of one part of the account's.
fn of_part(one: &Metered, part: &Part, ahead: Option<&Ahead>) -> Decimal {
    let end = counts_until(one, ahead, part.hours.1).min(part.hours.1);
    (part.quantity + to_come(one, part.hours.0, end)).round_dp(9)
}

impl<'a> Price<'a> {
    /// What these meters cost, as lines of an invoice: one for each part.
    fn lines(&self, place: Place<'a>, meters: &[&'a Metered], ahead: Ahead) -> Vec<(LineKey<'a>, Exact)> {
        let sum = |quantity: &dyn Fn(&Metered) -> Decimal| -> Decimal {
            meters.iter().map(|one| quantity(one) * one.factor).sum()
        };
        let both = |price: &dyn Fn(Option<&Ahead>) -> Decimal| Exact {
            consumed: price(None),
            total: price(Some(&ahead)),
        };
        let whole = (place.0, place.1.unwrap_or_default(), None);
        match self {
            Self::Hourly(hourly) => vec![(whole, both(&|ahead| sum(&|one| of_month(one, ahead)) * hourly))],
            Self::Month(section, price) => vec![(
                (place.0, *section, None),
                both(&|ahead| price.exact(sum(&|one| of_month(one, ahead)))),
            )],
            Self::Parts => {
                let first = meters.first().and_then(|one| one.parts.as_deref()).unwrap_or_default();
                let lines = first.iter().enumerate().map(|(index, part)| {
                    let quantity = |one: &Metered, ahead: Option<&Ahead>| {
                        let own = one.parts.as_ref().and_then(|parts| parts.get(index));
                        own.map_or(Decimal::ZERO, |own| of_part(one, own, ahead))
                    };
                    let exact = both(&|ahead| part.price.exact(sum(&|one| quantity(one, ahead))));
                    ((place.0, part.section.as_str(), Some(part.hours.0)), exact)
                });
                lines.collect()
            }
        }
    }
}

fn price<'a>(one: &'a Metered, pricing: Pricing<'a>) -> Option<(Place<'a>, Price<'a>)> {
    match (&one.plan, &one.unit) {
        (Some(plan), Some(unit)) => {
            let price = if one.parts.is_some() {
                Price::Parts
            } else {
                let item = pricing.listed(plan, Some(unit))?;
                Price::Month(
                    item.usage_name.as_deref().unwrap_or(unit),
                    UnitPrice::of_item(item, pricing),
                )
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
