//! The price list: what one hour (or one month) of something costs, as Kill Bill's catalog says it.
//!
//! `catalog` makes these items out of Kill Bill's XML, `db::prices` keeps them by version, `route` finds a meter's item
//! among them. Rules: design.md 3 (9); names and keys: nodeconductor.md 5.3 and 5.5.

mod change;
mod name;
mod rate;
mod tariff;

use crate::domain::words::words;
use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, dec};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use change::{Change, PriceChangeKind, changes};
pub use name::{Key, MINUTE_PREFIX, minute_or_hour_names};
pub use rate::{Period, Rates, is_same, shown};
pub use tariff::Tariff;

/// Hours in a month wherever a monthly price becomes an hourly one, or the other way round: 30 × 24, as ever.
pub const HOURS_IN_MONTH: Decimal = dec!(720);

/// Under this namespace the same priced thing gets the same uuid in every catalog version and every installation.
const NAMESPACE: Uuid = Uuid::from_u128(0x9d6f_5d6b_3c0a_5e0e_8f55_0d6a_51a7_7e01);

/// A priced thing of Kill Bill's catalog in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceItem {
    /// The same for the same plan, usage, unit and currency, whatever the version.
    pub uuid: Uuid,
    /// The product's name when its plan prices one thing only, else the unit's.
    pub name: String,
    /// The readable name of the product or unit that `name` is.
    pub description: String,
    pub product: String,
    pub plan: String,
    /// Kill Bill's usage section; none for a recurring price.
    pub usage_name: Option<String>,
    pub unit: Option<String>,
    /// `flavor`, `storage`, `license-os` … in catalogs that the predecessor made; else `usage` or `recurring`.
    pub item_type: String,
    pub key: String,
    /// ISO 4217.
    pub currency: String,
    pub rule: PriceRule,
    /// Price of one unit for one hour; several tiers: the first one's.
    pub hourly: Decimal,
    pub monthly: Decimal,
    /// Empty for a recurring price.
    pub tiers: Vec<Tier>,
    pub tier_policy: TierPolicy,
    /// What the plan itself costs per month, when it costs something beside its usage.
    pub recurring: Option<Decimal>,
    /// From when the plan in this version holds for subscriptions that were there before; none = never.
    pub for_existing: Option<DateTime<Utc>>,
}

impl PriceItem {
    /// The item's identity across versions.
    #[must_use]
    pub fn identity(plan: &str, usage: Option<&str>, unit: Option<&str>, currency: &str) -> Uuid {
        let parts = [plan, usage.unwrap_or_default(), unit.unwrap_or_default(), currency];
        Uuid::new_v5(&NAMESPACE, parts.join("\n").as_bytes())
    }

    /// Up to how many units in a billing period are charged, when the last tier ends; more than that is given away.
    #[must_use]
    pub fn cap(&self) -> Option<Decimal> {
        let all = || self.tiers.iter();
        let units = |tier: &Tier| tier.max?.checked_mul(tier.block_size);
        match self.tier_policy {
            // The highest tier takes whatever comes.
            TierPolicy::TopTier => None,
            TierPolicy::AllTiers if self.tiers.is_empty() => None,
            TierPolicy::AllTiers => all().try_fold(Decimal::ZERO, |sum, tier| sum.checked_add(units(tier)?)),
        }
    }

    /// Whether a subscription costs something before anything is used.
    #[must_use]
    pub fn has_base_fee(&self) -> bool {
        self.recurring.is_some_and(|fee| !fee.is_zero())
    }
}

/// One price step of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Units in a block; Kill Bill charges whole blocks.
    pub block_size: Decimal,
    pub block_price: Decimal,
    /// How many blocks the tier holds; none = no end.
    pub max: Option<Decimal>,
}

words! {
    /// How Kill Bill reads several tiers.
    #[derive(Default)]
    pub enum TierPolicy = "tier policy" {
        /// Each tier charges the part of the consumption that falls into it.
        #[default]
        AllTiers = "ALL_TIERS",
        /// The tier that is reached charges everything.
        TopTier = "TOP_TIER",
    }
}

words! {
    /// How the hourly price was found.
    pub enum PriceRule = "rule of a price" {
        /// Block price ÷ block size.
        HourlyUsage = "hourly-usage",
        /// The same × 60: the unit counts minutes.
        MinuteUsage = "minute-usage",
        /// Monthly price ÷ hours in a month.
        MonthlyRecurring = "monthly-recurring",
    }
}

impl PriceRule {
    /// Units of Kill Bill in one hour of the meter.
    #[must_use]
    pub const fn factor(self) -> Decimal {
        match self {
            Self::MinuteUsage => dec!(60),
            Self::HourlyUsage | Self::MonthlyRecurring => Decimal::ONE,
        }
    }
}
