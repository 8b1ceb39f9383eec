//! A resource's hours as money: so far, and to the end of the month.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::pricing::UnitPrice;
use super::{Estimate, Metered, Pricing};
use crate::domain::money;
use crate::domain::month::Month;
use crate::domain::rating::rate;

/// What a sum is multiplied with, or rated by.
enum Price<'a> {
    Unit(UnitPrice<'a>),
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
        let sum = |quantity: &dyn Fn(&Metered) -> Decimal| meters.iter().map(|one| quantity(one) * one.factor).sum();
        let cost = |quantity| money::round(price.exact(quantity), pricing.currency());
        let consumed = cost(sum(&|one| one.quantity));
        estimate.consumed += consumed;
        estimate.total += cost(sum(&|one| projected(one, until)));
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

/// What the next line comes to for `quantity` of the unit (in Kill Bill's measure). None without a price.
#[must_use]
pub fn line_cost(pricing: &Pricing<'_>, line: Line<'_>, quantity: Decimal) -> Option<Decimal> {
    let price = pricing.usage(line.plan, line.unit, Some(line.since), line.month)?;
    let exact = Price::Unit(price).exact(quantity);
    Some(money::round(exact - line.billed, pricing.currency()))
}

impl Price<'_> {
    fn exact(&self, quantity: Decimal) -> Decimal {
        match self {
            Self::Unit(unit) => rate(unit.policy, unit.tiers, quantity).amount(),
            Self::Hourly(hourly) => quantity * hourly,
        }
    }
}

fn price<'a>(one: &'a Metered, pricing: &Pricing<'a>, month: Month) -> Option<(Place<'a>, Price<'a>)> {
    match (&one.plan, &one.unit) {
        (Some(plan), Some(unit)) => {
            let price = pricing.usage(plan, unit, one.subscribed_at, month)?;
            Some(((plan, Some(unit)), Price::Unit(price)))
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
