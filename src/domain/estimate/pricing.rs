//! Which price hours have: that of their window in the subscription's timeline; where there is no subscription yet, that of
//! the price list in force.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::month::Month;
use crate::domain::price::{PriceItem, Tier, TierPolicy};
use crate::domain::rating::rate;
use crate::domain::route::Routing;
use crate::domain::timeline::{TenantTerms, Timeline, Window};

/// The prices in force, and how the tenant has lines written.
#[derive(Clone, Copy, Debug)]
pub struct Pricing<'a> {
    routing: &'a Routing,
    tenant: TenantTerms,
}

/// A part of an account's month that Kill Bill rates by itself, and what was used in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Kill Bill's usage section: all its units stand on one line.
    pub section: String,
    /// Hours that begin from here on, and up to here.
    pub hours: (DateTime<Utc>, DateTime<Utc>),
    pub price: UnitPrice,
    /// In the meter's unit.
    pub quantity: Decimal,
}

/// What a unit's sum is rated by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPrice {
    pub policy: TierPolicy,
    pub tiers: Vec<Tier>,
    /// The currency in which each tier is rounded, where each is an item of its own.
    pub itemized_in: Option<String>,
}

impl<'a> Pricing<'a> {
    #[must_use]
    pub const fn new(routing: &'a Routing, tenant: TenantTerms) -> Self {
        Self { routing, tenant }
    }

    /// The billing currency, ISO 4217.
    #[must_use]
    pub fn currency(&self) -> &'a str {
        self.routing.currency()
    }

    /// The item of the price list in force; without a unit the plan's own price.
    pub(super) fn listed(self, plan: &str, unit: Option<&str>) -> Option<&'a PriceItem> {
        let same = |item: &&PriceItem| item.plan == plan && item.unit.as_deref() == unit;
        self.routing.items().find(same)
    }

    /// The monthly price of a meter that goes to no plan.
    pub(super) fn monthly(self, meter: &str) -> Option<&'a PriceItem> {
        self.routing.monthly_price(meter)
    }
}

impl UnitPrice {
    /// Of an item of the price list.
    pub(super) fn of_item(item: &PriceItem, pricing: Pricing<'_>) -> Self {
        Self {
            policy: item.tier_policy,
            tiers: item.tiers.clone(),
            itemized_in: itemized_in(pricing.tenant, pricing.currency()),
        }
    }

    /// Money as it is before an item is rounded.
    #[must_use]
    pub fn exact(&self, quantity: Decimal) -> Decimal {
        let rating = rate(self.policy, &self.tiers, quantity);
        let itemized = |currency: &String| rating.itemized(Decimal::ZERO, currency);
        self.itemized_in.as_ref().map_or_else(|| rating.amount(), itemized)
    }
}

/// The parts of `month` in which the timeline bills the unit, with nothing used yet: its windows that begin in the month, on
/// the account's own days, whole. Lines of invoices belong to the month in which they begin, so an estimate is what they will
/// say. What a trial gives away, or nobody bills, is in none of them.
#[must_use]
pub fn parts(timeline: &Timeline, unit: &str, month: Month) -> Vec<Part> {
    let windows = timeline.windows_of_month(unit, month);
    let itemized_in = itemized_in(timeline.tenant(), &timeline.account().currency);
    let part = |window: &Window<'_>| {
        let price = window.rate(unit)?;
        Some(Part {
            section: window.section.usage.clone(),
            hours: window.hours(),
            price: UnitPrice {
                policy: price.policy,
                tiers: price.tiers.to_vec(),
                itemized_in: itemized_in.clone(),
            },
            quantity: Decimal::ZERO,
        })
    };
    windows
        .iter()
        .filter_map(part)
        .filter(|part| part.hours.0 < part.hours.1)
        .collect()
}

fn itemized_in(tenant: TenantTerms, currency: &str) -> Option<String> {
    tenant.itemizes_tiers.then(|| currency.to_owned())
}
