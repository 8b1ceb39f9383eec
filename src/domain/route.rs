//! Where a meter goes: which plan and unit of Kill Bill's catalog take the hours of a resource, or why none does.
//!
//! The catalog decides (design.md, "How a meter finds its subscription"). The answers are stored by `db::routes`, one per
//! resource and meter; `types` has the names of resource types, `hold` the reasons for "nowhere", `check` compares the configuration with the catalog.

mod check;
mod hold;
mod lookup;
mod size;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::price::PriceItem;
use crate::domain::words::words;

pub use check::MeterFinding;
pub use hold::Hold;
pub use types::plan_of_type;

/// A meter as the configuration names it: `cpu = ["CPU", "cpu", "hours"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// What usage records call it.
    pub name: String,
    /// What invoices call it.
    pub display_name: String,
    /// What the price list calls it.
    pub price_name: String,
    /// What a quantity is printed with; may be empty.
    pub unit_label: String,
}

words! {
    /// How a meter's hours become money.
    #[derive(Default)]
    pub enum Way = "way of a meter's hours" {
        /// As usage of a subscription, which Kill Bill rates.
        #[default]
        Usage = "usage",
        /// Rated here by a monthly price and charged when the month is over.
        Charge = "charge",
    }
}

/// The way of a meter's hours into Kill Bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub plan: String,
    pub product: String,
    pub way: Way,
    /// Of the catalog; none where the plan takes no usage.
    pub unit: Option<String>,
    pub usage_name: Option<String>,
    /// Units of Kill Bill in one unit of the meter: 60 for minute units.
    pub factor: Decimal,
    /// The plan also costs something by itself, so a subscription must not start before it is needed.
    pub recurring: bool,
}

/// Where a meter's hours go already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running<'a> {
    pub plan: &'a str,
    pub unit: &'a str,
    /// The subscription's own catalog version prices the unit.
    pub priced: bool,
}

/// The configured meters against the price list in force.
#[derive(Clone, Debug, Default)]
pub struct Routing {
    meters: BTreeMap<String, Meter>,
    /// Of all currencies: a price in the wrong one is worth a word of its own.
    items: Vec<PriceItem>,
    plans: BTreeMap<String, String>,
    currency: String,
    /// Products or plans of a monthly price that are charged by the hour; `*` for all.
    charged: BTreeSet<String>,
}

impl Routing {
    /// `plans` (`[billing.plans]`) names the plan of a resource type where the catalog's names do not; `items` are all
    /// those of the version in force.
    #[must_use]
    pub fn new(meters: Vec<Meter>, plans: BTreeMap<String, String>, currency: &str, items: Vec<PriceItem>) -> Self {
        let meters = meters.into_iter().map(|meter| (meter.name.clone(), meter)).collect();
        Self {
            meters,
            items,
            plans,
            currency: currency.to_owned(),
            charged: BTreeSet::new(),
        }
    }

    /// The same, with products of a monthly price that are charged by the hour (`[billing.monthly]`).
    #[must_use]
    pub fn charging(self, products: BTreeSet<String>) -> Self {
        Self {
            charged: products,
            ..self
        }
    }

    /// Whether the hours of a plan with a monthly price are charged.
    fn charges(&self, item: &PriceItem) -> bool {
        ["*", item.product.as_str(), item.plan.as_str()]
            .iter()
            .any(|name| self.charged.contains(*name))
    }

    /// The configured meters by name.
    #[must_use]
    pub const fn meters(&self) -> &BTreeMap<String, Meter> {
        &self.meters
    }

    /// The priced things in the billing currency.
    pub fn items(&self) -> impl Iterator<Item = &PriceItem> {
        self.items.iter().filter(|item| item.currency == self.currency)
    }

    /// The billing currency, ISO 4217.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The price by the month of a meter that has no other: its hours cost that price, divided by the hours in a month.
    #[must_use]
    pub fn monthly_price(&self, meter: &str) -> Option<&PriceItem> {
        let name = &self.meters.get(meter)?.price_name;
        let by_the_month = |item: &&PriceItem| lookup::is_recurring_named(item, name);
        let by_usage = lookup::usage_items(self.items(), name);
        self.items().find(by_the_month).filter(|_| by_usage.is_empty())
    }

    /// Finds the way of `meter` for a resource of `resource_type` (`OpenStack.Instance`).
    ///
    /// # Errors
    /// The reason to hold the records, with what would mend it.
    pub fn route(&self, meter: &str, resource_type: &str) -> Result<Route, Hold> {
        let meter = self.meters.get(meter).ok_or_else(|| Hold::unknown_meter(meter))?;
        let matches = lookup::usage_items(self.items(), &meter.price_name);
        match self.choose(&matches, meter, resource_type) {
            Some(found) => found,
            None => self
                .charge(meter, resource_type)
                .unwrap_or_else(|| Err(self.nothing_found(meter))),
        }
    }

    /// The same for a meter whose hours already go to a subscription: that one keeps them as long as its plan still has
    /// the meter's price, or as long as `priced` (its own catalog version has the unit, although the price list no longer
    /// does). A running resource is never moved to another plan silently. `None` = leave everything as it is.
    #[must_use]
    pub fn reroute(&self, meter: &str, resource_type: &str, running: &Running<'_>) -> Option<Result<Route, Hold>> {
        let Some(configured) = self.meters.get(meter) else {
            return Some(Err(Hold::unknown_meter(meter)));
        };
        let matches = lookup::usage_items(self.items(), &configured.price_name);
        let own = lookup::best(&matches, Some(running.plan));
        if let [first, rest @ ..] = own.as_slice()
            && rest.iter().all(|item| item.unit == first.unit)
        {
            return route_of(first).map(Ok);
        }
        let listed = self
            .items()
            .any(|item| item.plan == running.plan && item.unit.as_deref() == Some(running.unit));
        if running.priced && !listed {
            None
        } else {
            Some(self.route(meter, resource_type))
        }
    }

    /// All monthly prices that the meter may be charged by.
    fn charged(&self, meter: &Meter) -> Vec<&PriceItem> {
        let named = |item: &&PriceItem| lookup::is_recurring_named(item, &meter.price_name);
        self.items()
            .filter(|item| named(item) && self.charges(item) && !self.takes_usage(&item.plan))
            .collect()
    }

    /// Where the plan takes usage, a subscription pays its monthly price already.
    fn takes_usage(&self, plan: &str) -> bool {
        self.items().any(|item| item.plan == plan && item.unit.is_some())
    }

    /// The monthly price that the meter is charged by, when the operator wants that.
    fn charge(&self, meter: &Meter, resource_type: &str) -> Option<Result<Route, Hold>> {
        let found = self.charged(meter);
        let plans = self.plans_of(resource_type);
        let best = plans
            .iter()
            .find_map(|plan| found.iter().find(|item| &item.plan == plan));
        match (best, found.as_slice()) {
            (Some(item), _) | (None, [item]) => Some(Ok(Route {
                plan: item.plan.clone(),
                product: item.product.clone(),
                way: Way::Charge,
                unit: None,
                usage_name: None,
                factor: Decimal::ONE,
                recurring: false,
            })),
            (None, []) => None,
            (None, several) => Some(Err(Hold::ambiguous_plan(meter, resource_type, several))),
        }
    }

    fn choose(&self, matches: &[lookup::Match<'_>], meter: &Meter, resource_type: &str) -> Option<Result<Route, Hold>> {
        let in_plan = |plan: &String| matches.iter().any(|found| &found.item.plan == plan);
        let named = self.plans_of(resource_type).into_iter().find(in_plan);
        let best = lookup::best(matches, named.as_deref());
        let first = best.first()?;
        if best.iter().any(|item| item.plan != first.plan) {
            return Some(Err(Hold::ambiguous_plan(meter, resource_type, &best)));
        }
        if best.iter().any(|item| item.unit != first.unit) {
            return Some(Err(Hold::ambiguous_unit(meter, &best)));
        }
        route_of(first).map(Ok)
    }

    /// Why no usage price was found: only a monthly one, only in another currency, or none at all.
    fn nothing_found(&self, meter: &Meter) -> Hold {
        let name = &meter.price_name;
        if let Some(monthly) = self.items().find(|item| lookup::is_recurring_named(item, name)) {
            return Hold::monthly_price(meter, monthly);
        }
        let elsewhere = || self.items.iter().filter(|item| item.currency != self.currency);
        let priced = elsewhere().filter(|item| lookup::is_recurring_named(item, name));
        let usage = lookup::usage_items(elsewhere(), name);
        let mut currencies: Vec<&str> = usage
            .iter()
            .map(|found| found.item)
            .chain(priced)
            .map(|item| item.currency.as_str())
            .collect();
        currencies.sort_unstable();
        currencies.dedup();
        if currencies.is_empty() {
            Hold::no_price(meter)
        } else {
            Hold::no_currency(meter, &self.currency, &currencies)
        }
    }
}

fn route_of(item: &PriceItem) -> Option<Route> {
    Some(Route {
        plan: item.plan.clone(),
        product: item.product.clone(),
        way: Way::Usage,
        unit: Some(item.unit.clone()?),
        usage_name: Some(item.usage_name.clone()?),
        factor: item.rule.factor(),
        recurring: item.has_base_fee(),
    })
}

#[cfg(test)]
mod tests;
