//! The shape of one catalog version, as far as prices depend on it. Elements that are not named here are ignored.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Catalog {
    pub effective_date: DateTime<Utc>,
    #[serde(rename = "catalogName")]
    pub name: String,
    #[serde(default)]
    pub units: Units,
    #[serde(default)]
    pub products: Products,
    #[serde(default)]
    pub plans: Plans,
}

#[derive(Default, Deserialize)]
pub(super) struct Units {
    #[serde(default)]
    pub unit: Vec<Named>,
}

#[derive(Default, Deserialize)]
pub(super) struct Products {
    #[serde(default)]
    pub product: Vec<Named>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@prettyName")]
    pub pretty_name: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Plans {
    #[serde(default)]
    pub plan: Vec<Plan>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(default)]
    pub effective_date_for_existing_subscriptions: Option<DateTime<Utc>>,
    pub product: String,
    #[serde(default)]
    pub initial_phases: InitialPhases,
    pub final_phase: Phase,
}

#[derive(Default, Deserialize)]
pub(super) struct InitialPhases {
    #[serde(default)]
    pub phase: Vec<Phase>,
}

#[derive(Deserialize)]
pub(super) struct Phase {
    #[serde(rename = "@type")]
    pub kind: String,
    pub fixed: Option<Fixed>,
    pub recurring: Option<Recurring>,
    #[serde(default)]
    pub usages: Usages,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fixed {
    #[serde(default)]
    pub fixed_price: Prices,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recurring {
    pub billing_period: String,
    #[serde(default)]
    pub recurring_price: Prices,
}

#[derive(Default, Deserialize)]
pub(super) struct Usages {
    #[serde(default)]
    pub usage: Vec<Usage>,
}

#[derive(Deserialize)]
pub(super) struct Usage {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@billingMode")]
    pub billing_mode: String,
    #[serde(rename = "@usageType")]
    pub kind: String,
    #[serde(rename = "@tierBlockPolicy")]
    pub tier_block_policy: Option<String>,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub tiers: Tiers,
}

#[derive(Default, Deserialize)]
pub(super) struct Limits {
    #[serde(default)]
    pub limit: Vec<Limit>,
}

#[derive(Deserialize)]
pub(super) struct Limit {
    pub unit: String,
}

#[derive(Default, Deserialize)]
pub(super) struct Tiers {
    #[serde(default)]
    pub tier: Vec<Tier>,
}

#[derive(Deserialize)]
pub(super) struct Tier {
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub blocks: Blocks,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blocks {
    #[serde(default)]
    pub tiered_block: Vec<TieredBlock>,
}

#[derive(Deserialize)]
pub(super) struct TieredBlock {
    pub unit: String,
    #[serde(deserialize_with = "number")]
    pub size: Decimal,
    #[serde(default)]
    pub prices: Prices,
    /// In blocks; -1 = no end.
    #[serde(deserialize_with = "number")]
    pub max: Decimal,
}

#[derive(Default, Deserialize)]
pub(super) struct Prices {
    #[serde(default)]
    pub price: Vec<Price>,
}

#[derive(Deserialize)]
pub(super) struct Price {
    pub currency: String,
    #[serde(deserialize_with = "number")]
    pub value: Decimal,
}

impl Prices {
    pub fn in_currency(&self, currency: &str) -> Option<Decimal> {
        self.price
            .iter()
            .find(|price| price.currency == currency)
            .map(|price| price.value)
    }
}

/// Java writes decimals plainly or in scientific notation.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    let text = text.trim();
    Decimal::from_str(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| de::Error::custom(format!("`{text}` is not a decimal number")))
}
