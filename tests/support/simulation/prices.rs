//! The price lists of a run: the first one lacks a meter; later ones raise prices, add the meter, and may drop one again.

use rust_decimal::{Decimal, dec};

use crate::support::catalog::{SampleCatalog, SamplePlan, SampleUsage};

/// Long before anything.
pub fn first() -> SampleCatalog {
    SampleCatalog::new("USD", vec![machine(dec!(0.0125)), licence()]).effective_on("2024-01-01")
}

/// The list from a day on; the `number`-th after the first.
pub fn later(number: usize, day: &str) -> SampleCatalog {
    let mut machine = machine(dec!(0.0125) + Decimal::from(number) * dec!(0.001));
    if number % 3 == 2 {
        machine.usages.retain(|usage| usage.unit != "ram_gb");
    }
    machine
        .usages
        .push(SampleUsage::new("vm-gpu", "gpu", "GPU hours").tier(dec!(1), dec!(0.5), None));
    SampleCatalog::new("USD", vec![machine, licence()]).effective_on(day)
}

fn machine(price: Decimal) -> SamplePlan {
    SamplePlan::usage_only("openstack-instance", "vm", "Virtual machine")
        .with(SampleUsage::new("vm-cpu", "cpu", "CPU hours").tier(dec!(1), price, None))
        .with(SampleUsage::new("vm-ram", "ram_gb", "RAM, GB hours").tier(dec!(0.01), dec!(0.00004), None))
}

fn licence() -> SamplePlan {
    SamplePlan::usage_only("licence-by-minute", "license_type", "Sample licence")
        .with(SampleUsage::new("licence-time", "minute-of-licence", "Licence minutes").tier(dec!(1), dec!(0.001), None))
}
