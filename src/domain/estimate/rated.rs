//! A resource's hours as money: so far, and to the end of the month.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::pricing::Span;
use super::{Estimate, Metered, Pricing};
use crate::domain::money;
use crate::domain::month::Month;
use crate::domain::rating::rate;

/// What a sum is multiplied with, or rated by.
enum Price<'a> {
    Units(Vec<Span<'a>>),
    Hourly(Decimal),
}

/// Where a meter's hours are billed: its plan and unit; without a plan the meter itself.
type Place<'a> = (&'a str, Option<&'a str>);

/// Rates a resource's sums of `month`. `until` is the instant up to which consumption goes on: the month's end or the
/// resource's, none when the month is over.
#[must_use]
pub fn rated(metered: &[Metered], pricing: &Pricing<'_>, month: Month, until: Option<DateTime<Utc>>) -> Estimate {
    let mut estimate = Estimate::default();
    // Meters that share a unit of a plan are billed as one: their sum is rated, once.
    let mut shared: BTreeMap<Place<'_>, (Price<'_>, Vec<&Metered>)> = BTreeMap::new();
    for one in metered {
        match price(one, pricing, month) {
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

/// Quantity up to `end`: what was counted, and for the hours to come the average of those since the first.
fn projected(one: &Metered, end: DateTime<Utc>) -> Decimal {
    let seen = (seen_until(one) - one.first_hour).num_hours().max(1);
    let to_come = (end - seen_until(one)).num_hours().max(0);
    let more = one.quantity * Decimal::from(to_come) / Decimal::from(seen);
    (one.quantity + more).round_dp(9)
}

/// The part of that which falls between two instants, at the same average.
fn part(one: &Metered, end: DateTime<Utc>, from: DateTime<Utc>, to: DateTime<Utc>) -> Decimal {
    let whole = (end - one.first_hour).num_hours().max(1);
    let inside = (end.min(to) - one.first_hour.max(from).min(to))
        .num_hours()
        .clamp(0, whole);
    (projected(one, end) * Decimal::from(inside) / Decimal::from(whole)).round_dp(9)
}

impl Price<'_> {
    /// What these meters cost up to an end of each, as lines of an invoice: one for each price.
    fn cost(&self, meters: &[&Metered], end: &dyn Fn(&Metered) -> DateTime<Utc>, currency: &str) -> Decimal {
        let sum = |quantity: &dyn Fn(&Metered) -> Decimal| meters.iter().map(|one| quantity(one) * one.factor).sum();
        match self {
            Self::Hourly(hourly) => {
                let quantity: Decimal = sum(&|one| projected(one, end(one)));
                money::round(quantity * hourly, currency)
            }
            Self::Units(spans) => {
                let ends = spans.iter().skip(1).map(|span| span.from);
                let ends = ends.chain([DateTime::<Utc>::MAX_UTC]);
                let lines = spans.iter().zip(ends).map(|(span, to)| {
                    let quantity = sum(&|one| part(one, end(one), span.from, to));
                    money::round(span.exact(quantity), currency)
                });
                lines.sum()
            }
        }
    }
}

impl Span<'_> {
    fn exact(&self, quantity: Decimal) -> Decimal {
        let price = self.price.as_ref();
        price.map_or(Decimal::ZERO, |price| {
            rate(price.policy, price.tiers, quantity).amount()
        })
    }
}

/// A unit of a subscription in a month, as a line of an invoice bills it.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub plan: &'a str,
    pub unit: &'a str,
    /// When the subscription's billing began.
    pub since: DateTime<Utc>,
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
pub fn line_cost(pricing: &Pricing<'_>, line: Line<'_>, quantity: Decimal) -> LineCost {
    let spans = pricing.usage(line.plan, line.unit, Some(line.since), line.month);
    let spans = spans.unwrap_or_default();
    let cost = |span: &Span<'_>| money::round(span.exact(quantity) - line.billed, pricing.currency());
    let Some(first) = spans.first().map(cost) else {
        return LineCost::default();
    };
    LineCost {
        cost: first,
        least: spans.iter().map(cost).fold(first, Decimal::min),
        most: spans.iter().map(cost).fold(first, Decimal::max),
    }
}

fn price<'a>(one: &'a Metered, pricing: &Pricing<'a>, month: Month) -> Option<(Place<'a>, Price<'a>)> {
    match (&one.plan, &one.unit) {
        (Some(plan), Some(unit)) => {
            let price = pricing.usage(plan, unit, one.subscribed_at, month)?;
            Some(((plan, Some(unit)), Price::Units(price)))
        }
        (Some(plan), None) => {
            let item = pricing.listed(plan, None)?;
            Some(((plan, None), Price::Hourly(item.hourly)))
        }
        (None, _) => {
            let item = pricing.monthly(&one.meter)?;
            Some(((&item.plan, None), Price::Hourly(item.hourly)))
        }
    }
}
