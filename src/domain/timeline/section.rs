//! A usage section of a phase in the account's currency: what its units cost, and why some are not billed right by anybody.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::TenantTerms;
use crate::domain::catalog::xml;
use crate::domain::price::{Period, Tier, TierPolicy};

/// What Kill Bill rates together: all units of it stand on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub usage: String,
    pub policy: TierPolicy,
    /// None for a period that is not known here.
    pub period: Option<Period>,
    pub units: Vec<UnitTerms>,
    /// Why usage of it must not be sent.
    pub refused: Option<Refused>,
}

/// A unit and its tiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitTerms {
    pub unit: String,
    /// Empty where a tier has no price in the account's currency.
    pub tiers: Vec<Tier>,
}

/// What Kill Bill would bill otherwise than by the hour, or fail on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("usage `{0}` is billed by the highest level reached (CAPACITY), not by hours")]
    Capacity(String),
    #[error("usage `{0}` is IN_ADVANCE, which Kill Bill does not bill")]
    InAdvance(String),
    /// Seen on 0.24.19: it tells what it billed of a window by tier alone, whatever the unit.
    #[error(
        "usage `{0}` prices several units by TOP_TIER, and tiers are itemized (DETAIL): Kill Bill's next run would charge the period again, or fail; give each unit a usage section of its own"
    )]
    Itemized(String),
    #[error("usage `{usage}` is billed {period}; only MONTHLY usage is supported")]
    Period { usage: String, period: String },
    #[error("`{unit}` of usage `{usage}` lacks a price in {currency}: Kill Bill would fail on the account's invoice")]
    NoPrice {
        usage: String,
        unit: String,
        currency: String,
    },
    #[error(
        "tier {tier} of usage `{usage}` (CAPACITY) lacks a price in {currency}: Kill Bill would fail on the account's invoice"
    )]
    NoLevelPrice {
        usage: String,
        tier: usize,
        currency: String,
    },
    #[error(
        "tier {tier} of usage `{usage}` has no block of `{unit}`: Kill Bill would fail on the account's invoice; give every tier a block of each unit"
    )]
    TierLacksUnit { usage: String, unit: String, tier: usize },
    #[error(
        "the {what} price of phase `{phase}` is not there in {currency}: Kill Bill would fail on the account's invoice"
    )]
    NoOwnPrice {
        what: &'static str,
        phase: String,
        currency: String,
    },
}

impl Refused {
    /// The plan's own price where there are some and none in the currency; with none at all Kill Bill charges nothing.
    pub(super) fn own_price(what: &'static str, prices: &xml::Prices, phase: String, currency: &str) -> Option<Self> {
        let lacks = !prices.price.is_empty() && prices.in_currency(currency).is_none();
        lacks.then(|| Self::NoOwnPrice {
            what,
            phase,
            currency: currency.to_owned(),
        })
    }

    /// Whether no invoice of the account could be made: Kill Bill asks for every price, used or not.
    #[must_use]
    pub const fn fails_invoices(&self) -> bool {
        matches!(
            self,
            Self::NoPrice { .. } | Self::NoOwnPrice { .. } | Self::NoLevelPrice { .. } | Self::TierLacksUnit { .. }
        )
    }

    /// A tier that lacks a block of a unit which other tiers of the section have: Kill Bill rates every unit by all of them
    /// (`UsageUtils.getConsumableInArrearTieredBlocks`).
    fn tier_gap(usage: &xml::Usage) -> Option<Self> {
        usage.units().into_iter().find_map(|unit| {
            Some(Self::TierLacksUnit {
                usage: usage.name.clone(),
                unit: unit.to_owned(),
                tier: usage.tier_without(unit)?,
            })
        })
    }

    /// A level without a price: Kill Bill asks for it whatever was used. An empty price is none to pay, an absent one fails.
    fn level_gap(usage: &xml::Usage, currency: &str) -> Option<Self> {
        let lacks = |tier: &xml::Tier| {
            let price = tier.recurring_price.as_ref();
            price.is_none_or(|prices| !prices.price.is_empty() && prices.in_currency(currency).is_none())
        };
        let place = usage.tiers.tier.iter().position(lacks)?;
        Some(Self::NoLevelPrice {
            usage: usage.name.clone(),
            tier: place + 1,
            currency: currency.to_owned(),
        })
    }

    /// Terms that change several times inside one day of the account: Kill Bill tells lines by their days.
    pub(super) fn same_day(unit: &str, at: DateTime<Utc>) -> String {
        let day = at.format("%-d %B %Y");
        format!("`{unit}` has several terms inside {day}, and Kill Bill would take their lines for one and fail")
    }

    /// Two sections price the unit.
    #[must_use]
    pub fn twice(unit: &str) -> String {
        format!("`{unit}` stands in several usage sections: each would charge it")
    }
}

impl Section {
    /// Reads the section of the catalog in `currency`.
    #[must_use]
    pub fn of(usage: &xml::Usage, currency: &str, tenant: TenantTerms) -> Self {
        let policy = usage.tier_block_policy.as_deref();
        let policy = policy.and_then(|policy| policy.parse().ok()).unwrap_or_default();
        let units: Vec<UnitTerms> = usage
            .units()
            .into_iter()
            .map(|unit| UnitTerms::of(usage, unit, currency))
            .collect();
        Self {
            usage: usage.name.clone(),
            policy,
            period: Period::of(&usage.billing_period),
            refused: refused(usage, &units, currency).or_else(|| {
                let mixes = tenant.itemizes_tiers && policy == TierPolicy::TopTier && units.len() > 1;
                mixes.then(|| Refused::Itemized(usage.name.clone()))
            }),
            units,
        }
    }

    /// The tiers of a unit, if it prices that.
    #[must_use]
    pub fn tiers(&self, unit: &str) -> Option<&[Tier]> {
        let found = self.units.iter().find(|terms| terms.unit == unit)?;
        Some(&found.tiers)
    }
}

impl UnitTerms {
    fn of(usage: &xml::Usage, unit: &str, currency: &str) -> Self {
        let tier = |block: &xml::TieredBlock| {
            Some(Tier {
                block_size: block.size,
                block_price: block.prices.in_currency(currency)?,
                max: (block.max >= Decimal::ZERO).then_some(block.max),
            })
        };
        let tiers: Option<Vec<Tier>> = usage.blocks(unit).map(tier).collect();
        Self {
            unit: unit.to_owned(),
            tiers: tiers.unwrap_or_default(),
        }
    }
}

fn refused(usage: &xml::Usage, units: &[UnitTerms], currency: &str) -> Option<Refused> {
    let name = usage.name.clone();
    if usage.kind != "CONSUMABLE" {
        let failing = Refused::level_gap(usage, currency).or_else(|| Refused::tier_gap(usage));
        let failing = failing.filter(|_| usage.billing_mode == "IN_ARREAR");
        return Some(failing.unwrap_or(Refused::Capacity(name)));
    }
    if usage.billing_mode != "IN_ARREAR" {
        return Some(Refused::InAdvance(name));
    }
    if let Some(unpriced) = units.iter().find(|terms| terms.tiers.is_empty()) {
        return Some(Refused::NoPrice {
            usage: name,
            unit: unpriced.unit.clone(),
            currency: currency.to_owned(),
        });
    }
    if let Some(gap) = Refused::tier_gap(usage) {
        return Some(gap);
    }
    (Period::of(&usage.billing_period) != Some(Period::MONTH)).then(|| Refused::Period {
        usage: name,
        period: usage.billing_period.clone(),
    })
}
