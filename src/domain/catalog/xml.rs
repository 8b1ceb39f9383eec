//! The shape of one catalog version as Kill Bill writes it, as far as billing depends on it. Elements that are not named here
//! are ignored; closed words that a later Kill Bill may add are kept as they are and told, never guessed.

mod texts;
mod usage;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use texts::{instant, instant_or_none, number, number_or_nil};

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
