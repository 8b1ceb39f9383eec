//! The price list out of a catalog version's XML, as far as usage is billed by it.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::books::{Books, Subscription};

/// A catalog version.
#[derive(Clone, Debug)]
pub struct PriceList {
    pub effective: DateTime<Utc>,
    /// What stands in its root element.
    pub inner: String,
    pub plans: Vec<PlanPrices>,
}

#[derive(Clone, Debug)]
pub struct PlanPrices {
    pub name: String,
    pub product: String,
    pub usages: Vec<UsagePrice>,
}

#[derive(Clone, Debug)]
pub struct UsagePrice {
    pub name: String,
    pub pretty: String,
    pub unit: String,
    pub tiers: Vec<Tier>,
}

#[derive(Clone, Copy, Debug)]
pub struct Tier {
    pub size: Decimal,
    pub price: Decimal,
    /// In blocks; -1 without end.
    pub most: Decimal,
}

impl PriceList {
    /// `None` when it cannot be read.
    pub fn read(xml: &str) -> Option<Self> {
        let root = xml.find("<catalog")?;
        let inside = root + xml[root..].find('>')? + 1;
        let inner = xml[inside..xml.rfind("</catalog>")?].to_owned();
        let document: Document = quick_xml::de::from_str(xml).ok()?;
        let plans = document.plans.plan.into_iter().map(PlanPrices::of).collect();
        Some(Self {
            effective: document.effective_date,
            inner,
            plans,
        })
    }

    pub fn plan(&self, name: &str) -> Option<&PlanPrices> {
        self.plans.iter().find(|plan| plan.name == name)
    }
}

impl PlanPrices {
    fn of(plan: Plan) -> Self {
        let usages = plan.final_phase.usages.unwrap_or_default().usage;
        Self {
            name: plan.name,
            product: plan.product,
            usages: usages.into_iter().filter_map(UsagePrice::of).collect(),
        }
    }
}

impl UsagePrice {
    fn of(usage: Usage) -> Option<Self> {
        let blocks: Vec<_> = usage.tiers.tier.into_iter().map(|tier| tier.blocks.block).collect();
        let tier = |block: &Block| {
            Some(Tier {
                size: block.size,
                price: block.prices.price.first()?.value,
                most: block.max,
            })
        };
        Some(Self {
            unit: blocks.first()?.unit.clone(),
            tiers: blocks.iter().filter_map(tier).collect(),
            pretty: usage.pretty.unwrap_or_else(|| usage.name.clone()),
            name: usage.name,
        })
    }
}

impl Books {
    /// The version that something beginning at `at` gets.
    pub fn version_at(&self, at: DateTime<Utc>) -> Option<&PriceList> {
        let eligible = self.versions.iter().filter(|version| version.effective <= at);
        eligible.max_by_key(|version| version.effective)
    }

    /// Looked up anew each time: a version that is uploaded later and holds from before the start counts.
    pub fn version_of(&self, subscription: &Subscription) -> Option<&PriceList> {
        self.version_at(subscription.start)
    }

    /// The units that are billed on a subscription.
    pub fn units_of(&self, subscription: &Subscription) -> Vec<&UsagePrice> {
        let plan = self
            .version_of(subscription)
            .and_then(|version| version.plan(&subscription.plan));
        plan.map(|plan| plan.usages.iter().collect()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    effective_date: DateTime<Utc>,
    plans: Plans,
}

#[derive(Deserialize)]
struct Plans {
    plan: Vec<Plan>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    #[serde(rename = "@name")]
    name: String,
    product: String,
    final_phase: Phase,
}

#[derive(Deserialize)]
struct Phase {
    usages: Option<Usages>,
}

#[derive(Default, Deserialize)]
struct Usages {
    usage: Vec<Usage>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(rename = "@name")]
    name: String,
    #[serde(rename = "@prettyName")]
    pretty: Option<String>,
    tiers: Tiers,
}

#[derive(Deserialize)]
struct Tiers {
    tier: Vec<TierBlocks>,
}

#[derive(Deserialize)]
struct TierBlocks {
    blocks: Blocks,
}

#[derive(Deserialize)]
struct Blocks {
    #[serde(rename = "tieredBlock")]
    block: Block,
}

#[derive(Deserialize)]
struct Block {
    unit: String,
    #[serde(deserialize_with = "number")]
    size: Decimal,
    prices: BlockPrices,
    #[serde(deserialize_with = "number")]
    max: Decimal,
}

#[derive(Deserialize)]
struct BlockPrices {
    price: Vec<Price>,
}

#[derive(Deserialize)]
struct Price {
    #[serde(deserialize_with = "number")]
    value: Decimal,
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.trim().parse().map_err(serde::de::Error::custom)
}
