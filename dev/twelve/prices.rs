//! The price list of the year: whole and fractional blocks, two tiers, a minute unit, and new prices for everybody from
//! the middle of the year on.

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, dec};

use crate::catalog::{SampleCatalog, SamplePlan, SampleUsage};

/// The meters of every server.
pub const METERS: [&str; 5] = ["cpu", "memory", "disk", "servers", "license_type"];

/// What a meter costs: `price` for each begun `block` of `unit`, after so many blocks another price.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "the price of a block")]
pub struct Price {
    pub unit: &'static str,
    /// Units in one of the meter's.
    pub factor: Decimal,
    pub block: Decimal,
    pub price: Decimal,
    pub then: Option<(Decimal, Decimal)>,
}

/// A meter's price before or after the change.
pub fn price(meter: &str, changed: bool) -> Price {
    let (unit, block, before, after) = match meter {
        "cpu" => ("cpu", dec!(1), dec!(0.0125), dec!(0.0150)),
        "memory" => ("ram_gb", dec!(0.25), dec!(0.001), dec!(0.0011)),
        "disk" => ("storage_gb", dec!(1), dec!(0.0002), dec!(0.00019)),
        "servers" => ("server_num", dec!(1), dec!(0.002), dec!(0.002)),
        _ => ("minute-of-licence", dec!(1), dec!(0.0013), dec!(0.0017)),
    };
    Price {
        unit,
        factor: if meter == "license_type" { dec!(60) } else { dec!(1) },
        block,
        price: if changed { after } else { before },
        then: (meter == "disk").then_some((dec!(20_000), dec!(0.0001))),
    }
}

/// The price list before the change, or the one that all subscriptions move to at an instant.
pub fn catalog(change: Option<DateTime<Utc>>) -> String {
    let usage = |meter: &str| {
        let price = price(meter, change.is_some());
        let usage = SampleUsage::new(&format!("{meter}-usage"), price.unit, &format!("{meter}, per hour"));
        match price.then {
            None => usage.tier(price.block, price.price, None),
            Some((blocks, then)) => {
                let blocks = blocks.try_into().unwrap_or(u32::MAX);
                usage
                    .tier(price.block, price.price, Some(blocks))
                    .tier(price.block, then, None)
            }
        }
    };
    let instance = SamplePlan::usage_only("openstack-instance", "instance", "OpenStack instance");
    let instance = METERS[..4].iter().fold(instance, |plan, meter| plan.with(usage(meter)));
    let licence = SamplePlan::usage_only("licence-by-minute", "license_type", "Sample licence");
    let catalog = SampleCatalog::new("USD", vec![instance, licence.with(usage("license_type"))]);
    match change {
        None => catalog.xml(),
        Some(at) => {
            let text = at.to_rfc3339();
            let moved =
                format!("<effectiveDateForExistingSubscriptions>{text}</effectiveDateForExistingSubscriptions>");
            let xml = catalog.effective_on(&at.format("%Y-%m-%d").to_string()).xml();
            xml.replace(r#""><product>"#, &format!(r#"">{moved}<product>"#))
        }
    }
}

/// A month's usage of a meter in money: to the last digit, and what begun blocks add to it.
pub fn rate(price: Price, quantity: Decimal) -> (Decimal, Decimal) {
    let usage = quantity * price.factor / price.block;
    let blocks = usage.ceil();
    let money = |blocks: Decimal| {
        let (limit, then) = price.then.unwrap_or((blocks, dec!(0)));
        blocks.min(limit) * price.price + (blocks - limit).max(dec!(0)) * then
    };
    (money(usage), money(blocks) - money(usage))
}
