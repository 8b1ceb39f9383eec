//! Sample price lists in Kill Bill's catalog XML: usage plans by unit and tier, and plans with a monthly price.
//! Names of units, products, plans and usages must differ from each other throughout a catalog: they are XML ids.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::collections::BTreeMap;
use std::fmt::Write;

use rust_decimal::{Decimal, dec};

/// A catalog version.
#[derive(Clone)]
pub struct SampleCatalog {
    /// Such as `2024-01-01T00:00:00+00:00`: before anything that is billed by it.
    pub effective: String,
    pub currency: String,
    pub plans: Vec<SamplePlan>,
}

/// A plan and the product of its own that it sells.
#[derive(Clone)]
pub struct SamplePlan {
    pub name: String,
    pub product: String,
    pub pretty_product: String,
    pub category: &'static str,
    /// Each month, in advance.
    pub recurring: Option<Decimal>,
    /// From when it holds for subscriptions that are there already.
    pub for_existing: Option<String>,
    pub usages: Vec<SampleUsage>,
}

/// A usage section with one unit.
#[derive(Clone)]
pub struct SampleUsage {
    pub name: String,
    pub unit: String,
    pub pretty: String,
    pub tiers: Vec<SampleTier>,
}

/// `price` for each begun block of `size` units, for the first `blocks` blocks.
#[derive(Clone)]
pub struct SampleTier {
    pub size: Decimal,
    pub price: Decimal,
    pub blocks: Option<u32>,
}

impl SampleCatalog {
    pub fn new(currency: &str, plans: Vec<SamplePlan>) -> Self {
        Self {
            effective: "2024-01-01T00:00:00+00:00".to_owned(),
            currency: currency.to_owned(),
            plans,
        }
    }

    /// Every kind of price: whole and fractional blocks, several tiers, a minute unit, and a monthly price.
    pub fn standard(currency: &str) -> Self {
        let instance = SamplePlan::usage_only("openstack-instance", "vm", "Virtual machine")
            .with(SampleUsage::new("vm-cpu", "cpu", "CPU hours").tier(dec!(1), dec!(0.0125), None))
            .with(SampleUsage::new("vm-ram", "ram_gb", "RAM, GB hours").tier(dec!(0.01), dec!(0.00004), None))
            .with(
                SampleUsage::new("vm-disk", "storage_gb", "Storage, GB hours")
                    .tier(dec!(1), dec!(0.0002), Some(100))
                    .tier(dec!(1), dec!(0.0001), None),
            );
        let licence = SamplePlan::usage_only("licence-by-minute", "license_type", "Sample licence – per minute").with(
            SampleUsage::new("licence-time", "minute-of-licence", "Licence minutes").tier(dec!(1), dec!(0.001), None),
        );
        let support = SamplePlan::monthly("support-monthly", "support", "Support", dec!(72));
        Self::new(currency, vec![instance, licence, support])
    }

    /// The same prices from another day on.
    pub fn effective_on(mut self, day: &str) -> Self {
        self.effective = format!("{day}T00:00:00+00:00");
        self
    }

    pub fn xml(&self) -> String {
        format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<catalog xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<effectiveDate>{}</effectiveDate><catalogName>Sample</catalogName>
<currencies><currency>{}</currency></currencies>
<units>{}</units><products>{}</products>
<rules>
<changePolicy><changePolicyCase><policy>IMMEDIATE</policy></changePolicyCase></changePolicy>
<cancelPolicy><cancelPolicyCase><policy>IMMEDIATE</policy></cancelPolicyCase></cancelPolicy>
</rules>
<plans>{}</plans>
<priceLists><defaultPriceList name="DEFAULT"><plans>{}</plans></defaultPriceList></priceLists>
</catalog>"#,
            self.effective,
            self.currency,
            self.units(),
            joined(&self.plans, SamplePlan::product_xml),
            joined(&self.plans, |plan| plan.plan_xml(&self.currency)),
            joined(&self.plans, |plan| format!("<plan>{}</plan>", plan.name)),
        )
    }

    /// Each unit once, though several usages may share it.
    fn units(&self) -> String {
        let usages = self.plans.iter().flat_map(|plan| &plan.usages);
        let units: BTreeMap<_, _> = usages.map(|usage| (&usage.unit, &usage.pretty)).collect();
        joined(units, |(unit, pretty)| {
            format!(r#"<unit name="{unit}" prettyName="{}"/>"#, escaped(pretty))
        })
    }
}

impl SamplePlan {
    pub fn usage_only(name: &str, product: &str, pretty_product: &str) -> Self {
        let [name, product, pretty_product] = [name, product, pretty_product].map(str::to_owned);
        Self {
            name,
            product,
            pretty_product,
            category: "STANDALONE",
            recurring: None,
            for_existing: None,
            usages: vec![],
        }
    }

    pub fn monthly(name: &str, product: &str, pretty_product: &str, price: Decimal) -> Self {
        Self {
            recurring: Some(price),
            ..Self::usage_only(name, product, pretty_product)
        }
    }

    pub fn with(mut self, usage: SampleUsage) -> Self {
        self.usages.push(usage);
        self
    }

    fn product_xml(&self) -> String {
        let (name, pretty, category) = (&self.product, escaped(&self.pretty_product), self.category);
        format!(r#"<product name="{name}" prettyName="{pretty}"><category>{category}</category></product>"#)
    }

    fn plan_xml(&self, currency: &str) -> String {
        let mode = self
            .recurring
            .map_or("", |_| "<recurringBillingMode>IN_ADVANCE</recurringBillingMode>");
        let recurring = self.recurring.map_or_else(String::new, |price| {
            let price = price_xml(currency, price);
            format!(
                "<recurring><billingPeriod>MONTHLY</billingPeriod><recurringPrice>{price}</recurringPrice></recurring>"
            )
        });
        let for_existing = self.for_existing.as_ref().map_or_else(String::new, |from| {
            format!("<effectiveDateForExistingSubscriptions>{from}</effectiveDateForExistingSubscriptions>")
        });
        let usages = match self.usages.as_slice() {
            [] => String::new(),
            usages => format!("<usages>{}</usages>", joined(usages, |usage| usage.xml(currency))),
        };
        format!(
            r#"<plan name="{}">{for_existing}<product>{}</product>{mode}<finalPhase type="EVERGREEN"><duration><unit>UNLIMITED</unit></duration>{recurring}{usages}</finalPhase></plan>"#,
            self.name, self.product
        )
    }
}

impl SampleUsage {
    pub fn new(name: &str, unit: &str, pretty: &str) -> Self {
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            pretty: pretty.to_owned(),
            tiers: vec![],
        }
    }

    pub fn tier(mut self, size: Decimal, price: Decimal, blocks: Option<u32>) -> Self {
        self.tiers.push(SampleTier { size, price, blocks });
        self
    }

    fn xml(&self, currency: &str) -> String {
        let tiers = joined(&self.tiers, |tier| {
            let (price, max) = (price_xml(currency, tier.price), tier.blocks.map_or(-1, i64::from));
            let block = format!(
                "<unit>{}</unit><size>{}</size><prices>{price}</prices><max>{max}</max>",
                self.unit, tier.size
            );
            format!("<tier><blocks><tieredBlock>{block}</tieredBlock></blocks></tier>")
        });
        format!(
            r#"<usage name="{}" prettyName="{}" billingMode="IN_ARREAR" usageType="CONSUMABLE" tierBlockPolicy="ALL_TIERS"><billingPeriod>MONTHLY</billingPeriod><tiers>{tiers}</tiers></usage>"#,
            self.name,
            escaped(&self.pretty)
        )
    }
}

fn price_xml(currency: &str, value: Decimal) -> String {
    format!("<price><currency>{currency}</currency><value>{value}</value></price>")
}

fn joined<T>(parts: impl IntoIterator<Item = T>, mut xml: impl FnMut(T) -> String) -> String {
    parts.into_iter().fold(String::new(), |mut all, part| {
        writeln!(all, "{}", xml(part)).expect("a string takes everything");
        all
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
