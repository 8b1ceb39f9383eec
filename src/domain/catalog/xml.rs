//! The shape of one catalog version as Kill Bill writes it, as far as billing depends on it. Elements that are not named here
//! are ignored; closed words that a later Kill Bill may add are kept as they are and told, never guessed.

use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Catalog {
    #[serde(deserialize_with = "instant")]
    pub effective_date: DateTime<Utc>,
    #[serde(rename = "catalogName")]
    pub name: String,
    /// `IN_ADVANCE` or `IN_ARREAR`, for plans that do not say.
    pub recurring_billing_mode: Option<String>,
    #[serde(default)]
    pub currencies: Currencies,
    #[serde(default)]
    pub units: Units,
    #[serde(default)]
    pub products: Products,
    #[serde(default)]
    pub rules: Rules,
    #[serde(default)]
    pub plans: Plans,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Currencies {
    #[serde(default)]
    pub currency: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Units {
    #[serde(default)]
    pub unit: Vec<Named>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Products {
    #[serde(default)]
    pub product: Vec<Named>,
}

/// A unit or a product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Named {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@prettyName")]
    pub pretty_name: Option<String>,
    /// Of a product: `BASE`, `ADD_ON` or `STANDALONE`.
    pub category: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    #[serde(default)]
    pub billing_alignment: BillingAlignment,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingAlignment {
    #[serde(default)]
    pub billing_alignment_case: Vec<AlignmentCase>,
}

/// A rule that says by whose day a subscription is billed; what is absent fits everything.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlignmentCase {
    pub product: Option<String>,
    pub product_category: Option<String>,
    pub billing_period: Option<String>,
    pub price_list: Option<String>,
    pub phase_type: Option<String>,
    /// `ACCOUNT`, `BUNDLE` or `SUBSCRIPTION`.
    pub alignment: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Plans {
    #[serde(default)]
    pub plan: Vec<Plan>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(default, deserialize_with = "instant_or_none")]
    pub effective_date_for_existing_subscriptions: Option<DateTime<Utc>>,
    pub product: String,
    pub recurring_billing_mode: Option<String>,
    #[serde(default)]
    pub initial_phases: InitialPhases,
    pub final_phase: Phase,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct InitialPhases {
    #[serde(default)]
    pub phase: Vec<Phase>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Phase {
    /// `TRIAL`, `DISCOUNT`, `FIXEDTERM` or `EVERGREEN`.
    #[serde(rename = "@type")]
    pub kind: String,
    #[serde(default)]
    pub duration: Duration,
    pub fixed: Option<Fixed>,
    pub recurring: Option<Recurring>,
    #[serde(default)]
    pub usages: Usages,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Duration {
    /// `DAYS`, `WEEKS`, `MONTHS`, `YEARS` or `UNLIMITED`.
    #[serde(default)]
    pub unit: String,
    pub number: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fixed {
    #[serde(default)]
    pub fixed_price: Prices,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recurring {
    pub billing_period: String,
    #[serde(default)]
    pub recurring_price: Prices,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Usages {
    #[serde(default)]
    pub usage: Vec<Usage>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    #[serde(rename = "@name")]
    pub name: String,
    /// `IN_ARREAR` or `IN_ADVANCE`.
    #[serde(rename = "@billingMode")]
    pub billing_mode: String,
    /// `CONSUMABLE` or `CAPACITY`.
    #[serde(rename = "@usageType")]
    pub kind: String,
    #[serde(rename = "@tierBlockPolicy")]
    pub tier_block_policy: Option<String>,
    #[serde(default)]
    pub billing_period: String,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub tiers: Tiers,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Limits {
    #[serde(default)]
    pub limit: Vec<Limit>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Limit {
    pub unit: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Tiers {
    #[serde(default)]
    pub tier: Vec<Tier>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tier {
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub blocks: Blocks,
    /// What a level costs that is billed by its highest (CAPACITY).
    #[serde(rename = "recurringPrice")]
    pub recurring_price: Option<Prices>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blocks {
    #[serde(default)]
    pub tiered_block: Vec<TieredBlock>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TieredBlock {
    pub unit: String,
    #[serde(deserialize_with = "number")]
    pub size: Decimal,
    #[serde(default)]
    pub prices: Prices,
    /// In blocks; -1 = no end.
    #[serde(deserialize_with = "number")]
    pub max: Decimal,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Prices {
    #[serde(default)]
    pub price: Vec<Price>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Price {
    pub currency: String,
    /// None where the file says `xsi:nil`: Kill Bill takes it and fails whenever it needs it.
    #[serde(default, deserialize_with = "number_or_nil")]
    pub value: Option<Decimal>,
}

impl Prices {
    /// The price, where there is one in that currency.
    #[must_use]
    pub fn in_currency(&self, currency: &str) -> Option<Decimal> {
        self.price.iter().find(|price| price.currency == currency)?.value
    }
}

impl Plan {
    /// All of its phases, in their order.
    pub fn phases(&self) -> impl Iterator<Item = &Phase> {
        self.initial_phases.phase.iter().chain([&self.final_phase])
    }

    /// The phase of that name; Kill Bill calls it after the plan and the phase's type.
    #[must_use]
    pub fn phase(&self, name: &str) -> Option<&Phase> {
        self.phases().find(|phase| self.phase_name(phase) == name)
    }

    /// Kill Bill's name of one of its phases.
    #[must_use]
    pub fn phase_name(&self, phase: &Phase) -> String {
        format!("{}-{}", self.name, phase.kind.to_lowercase())
    }
}

impl Tier {
    fn block(&self, unit: &str) -> Option<&TieredBlock> {
        self.blocks.tiered_block.iter().find(|block| block.unit == unit)
    }

    fn has(&self, unit: &str) -> bool {
        self.block(unit).is_some() || self.limits.limit.iter().any(|limit| limit.unit == unit)
    }
}

impl Usage {
    /// The units that it prices (by blocks, or by limits where the level counts), in the order of the file.
    #[must_use]
    pub fn units(&self) -> Vec<&str> {
        let blocks = self.tiers.tier.iter().flat_map(|tier| &tier.blocks.tiered_block);
        let limits = self.tiers.tier.iter().flat_map(|tier| &tier.limits.limit);
        let limits = limits
            .filter(|_| self.kind == "CAPACITY")
            .map(|limit| limit.unit.as_str());
        let mut units: Vec<&str> = Vec::new();
        for unit in blocks.map(|block| block.unit.as_str()).chain(limits) {
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        units
    }

    /// The blocks of a unit, tier by tier: of a tier that has several Kill Bill takes the first.
    #[must_use]
    pub fn blocks<'u>(&'u self, unit: &'u str) -> impl DoubleEndedIterator<Item = &'u TieredBlock> {
        self.tiers.tier.iter().filter_map(move |tier| tier.block(unit))
    }

    /// The first tier without a block (CAPACITY: a limit) of the unit, counted from 1.
    #[must_use]
    pub fn tier_without(&self, unit: &str) -> Option<usize> {
        let gap = self.tiers.tier.iter().position(|tier| !tier.has(unit));
        gap.map(|place| place + 1)
    }
}

/// With an offset or without: Kill Bill's clock shows UTC.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(deserializer)?;
    read_instant(text.trim())
        .ok_or_else(|| de::Error::custom(format!("`{text}` is not a date such as 2026-01-01T00:00:00Z")))
}

fn instant_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    let wrong = || de::Error::custom(format!("`{text}` is not a date such as 2026-01-01T00:00:00Z"));
    let text = text.trim();
    if text.is_empty() {
        Ok(None)
    } else {
        read_instant(text).map(Some).ok_or_else(wrong)
    }
}

fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    let zoned = text.parse::<DateTime<Utc>>().ok();
    zoned.or_else(|| text.parse::<NaiveDateTime>().ok().map(|naive| naive.and_utc()))
}

/// Java writes decimals plainly or in scientific notation.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    number_or_nil(deserializer)?.ok_or_else(|| de::Error::custom("`` is not a decimal number"))
}

fn number_or_nil<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
    read.map(Some)
        .map_err(|_| de::Error::custom(format!("`{text}` is not a decimal number")))
}
