//! Which price hours have: that of the catalog version on which Kill Bill keeps their subscription; where there is none yet,
//! that of the price list in force.

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

/// What a unit is rated by from an instant on; without a price Kill Bill bills nothing of it.
pub(super) struct Span<'a> {
    pub from: DateTime<Utc>,
    pub price: Option<UnitPrice<'a>>,
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

    /// The prices of a plan's unit in `month`, one after the other, for a subscription that began at `since`. The first
    /// holds for all that was before, too. None where there is no price at all.
    pub(super) fn usage(
        &self,
        plan: &str,
        unit: &str,
        since: Option<DateTime<Utc>>,
        month: Month,
    ) -> Option<Vec<Span<'a>>> {
        let tariffs = self.plans.get(plan).map_or(&[][..], Vec::as_slice);
        let spans = match since.filter(|_| tariffs.iter().any(|tariff| !tariff.withdrawn)) {
            Some(since) => spans(tariffs, unit, since, month),
            None => vec![Span {
                from: DateTime::<Utc>::MIN_UTC,
                price: self.listed(plan, Some(unit)).map(UnitPrice::of_item),
            }],
        };
        spans.iter().any(|span| span.price.is_some()).then_some(spans)
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

/// Kill Bill bills what was used under each version by itself.
fn spans<'a>(tariffs: &[&'a Tariff], unit: &str, since: DateTime<Utc>, month: Month) -> Vec<Span<'a>> {
    let start = since.max(month.start());
    let claims = tariffs.iter().filter_map(|tariff| tariff.for_existing);
    let mut instants: Vec<DateTime<Utc>> = claims.filter(|at| *at > start && *at < month.end()).collect();
    instants.push(start);
    instants.sort_unstable();
    let mut versions: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> = instants
        .into_iter()
        .map(|at| (at, version_at(tariffs, since, at)))
        .collect();
    versions.dedup_by_key(|(_, version)| *version);
    if let Some((from, _)) = versions.first_mut() {
        *from = DateTime::<Utc>::MIN_UTC;
    }
    let of_version = |(from, version)| {
        let own =
            |tariff: &&&Tariff| Some(tariff.effective_from) == version && !tariff.withdrawn && tariff.unit == unit;
        let price = tariffs.iter().find(own).map(|tariff| UnitPrice {
            policy: tariff.policy,
            tiers: &tariff.tiers,
        });
        Span { from, price }
    };
    versions.into_iter().map(of_version).collect()
}

impl<'a> UnitPrice<'a> {
    fn of_item(item: &'a PriceItem) -> Self {
        Self {
            policy: item.tier_policy,
            tiers: &item.tiers,
        }
    }
}
