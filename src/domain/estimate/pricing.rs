//! Which price hours have: that of the catalog version on which Kill Bill keeps their subscription; where there is none yet,
//! that of the price list in force. A month has one price for a unit: the one that holds when it begins.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::month::Month;
use crate::domain::price::{PriceItem, Tariff, Tier, TierPolicy, version_at};
use crate::domain::route::Routing;

/// The prices of every catalog version, and those in force.
#[derive(Clone, Debug)]
pub struct Pricing<'a> {
    routing: &'a Routing,
    plans: BTreeMap<&'a str, Vec<&'a Tariff>>,
}

/// What a unit's sum is rated by.
pub(super) struct UnitPrice<'a> {
    pub policy: TierPolicy,
    pub tiers: &'a [Tier],
}

impl<'a> Pricing<'a> {
    /// `tariffs` are those of all versions in the billing currency.
    #[must_use]
    pub fn new(routing: &'a Routing, tariffs: &'a [Tariff]) -> Self {
        let mut plans: BTreeMap<&str, Vec<&Tariff>> = BTreeMap::new();
        for tariff in tariffs {
            plans.entry(&tariff.plan).or_default().push(tariff);
        }
        Self { routing, plans }
    }

    /// The billing currency, ISO 4217.
    #[must_use]
    pub fn currency(&self) -> &'a str {
        self.routing.currency()
    }

    /// The price of a plan's unit in `month`, for a subscription that began at `since`. None where its version has none.
    pub(super) fn usage(
        &self,
        plan: &str,
        unit: &str,
        since: Option<DateTime<Utc>>,
        month: Month,
    ) -> Option<UnitPrice<'a>> {
        let tariffs = self.plans.get(plan).map_or(&[][..], Vec::as_slice);
        let version = since.and_then(|since| version_at(tariffs, since, since.max(month.start())));
        let Some(version) = version else {
            return self.listed(plan, Some(unit)).map(|item| UnitPrice {
                policy: item.tier_policy,
                tiers: &item.tiers,
            });
        };
        let mut own = tariffs
            .iter()
            .filter(|tariff| tariff.effective_from == version && !tariff.withdrawn);
        own.find(|tariff| tariff.unit == unit).map(|tariff| UnitPrice {
            policy: tariff.policy,
            tiers: &tariff.tiers,
        })
    }

    /// The item of the price list in force; without a unit the plan's own price.
    pub(super) fn listed(&self, plan: &str, unit: Option<&str>) -> Option<&'a PriceItem> {
        let same = |item: &&PriceItem| item.plan == plan && item.unit.as_deref() == unit;
        self.routing.items().find(same)
    }

    /// The monthly price of a meter that goes to no plan.
    pub(super) fn monthly(&self, meter: &str) -> Option<&'a PriceItem> {
        self.routing.monthly_price(meter)
    }
}
