//! Facts for the check, put together as briefly as they are told.

use chrono::NaiveDate;
use nodeconductor_billing::domain::evidence::{
    BilledTier, Charge, ChargeTerms, InvoiceFacts, Metered, Unclaimed, UsageLine,
};
use nodeconductor_billing::domain::invoice::InvoiceStatus;
use nodeconductor_billing::domain::price::{Tariff, Tier, TierPolicy};
use nodeconductor_billing::domain::timeline::UnitTerms;
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

pub const SUBSCRIPTION: Uuid = Uuid::from_u128(7);

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn january() -> Charge {
    Charge {
        subscription: SUBSCRIPTION,
        plan: "plan".to_owned(),
        usage: "usage".to_owned(),
        start: day("2026-01-01"),
        end: day("2026-02-01"),
    }
}

/// Tier number, unit, price, block size, blocks.
pub fn billed(tier: u32, unit: &str, price: Decimal, block_size: Decimal, blocks: Decimal) -> BilledTier {
    BilledTier {
        tier,
        unit: unit.to_owned(),
        price,
        block_size,
        blocks,
        amount: blocks * price,
    }
}

pub fn line(amount: Decimal, tiers: Vec<BilledTier>) -> UsageLine {
    UsageLine {
        item: Uuid::new_v4(),
        name: "usage".to_owned(),
        charge: january(),
        amount,
        tiers,
        adjusted: Decimal::ZERO,
        ours: true,
    }
}

pub fn recorded(unit: &str, now: bool, records: i64, amount: Decimal) -> Metered {
    let charge = january();
    Metered {
        subscription: SUBSCRIPTION,
        unit: unit.to_owned(),
        period: Some((charge.start, charge.end)),
        now,
        factor: Decimal::ONE,
        records,
        quantity: amount,
        amount,
    }
}

/// What is due for the charge of January, by the version of a day.
pub fn due(version: &str, price: Decimal) -> ChargeTerms {
    let tiers = tariff("cpu", TierPolicy::AllTiers, &[(Decimal::ONE, price, None)]).tiers;
    ChargeTerms {
        charge: january(),
        version: version.parse().unwrap(),
        policy: TierPolicy::AllTiers,
        units: vec![UnitTerms {
            unit: "cpu".to_owned(),
            tiers,
        }],
    }
}

pub fn tariff(unit: &str, policy: TierPolicy, tiers: &[(Decimal, Decimal, Option<Decimal>)]) -> Tariff {
    let tier = |&(block_size, block_price, max): &(Decimal, Decimal, Option<Decimal>)| Tier {
        block_size,
        block_price,
        max,
    };
    Tariff {
        plan: "plan".to_owned(),
        usage: "usage".to_owned(),
        unit: unit.to_owned(),
        policy,
        tiers: tiers.iter().map(tier).collect(),
        effective_from: "2020-01-01T00:00:00Z".parse().unwrap(),
        for_existing: None,
        withdrawn: false,
    }
}

/// A committed invoice of these lines and records, complete, at two cents; its amount is what the lines make.
pub fn invoice(lines: Vec<UsageLine>, metered: Vec<Metered>) -> InvoiceFacts {
    let sum = lines.iter().map(|line| line.amount + line.adjusted).sum();
    InvoiceFacts {
        uuid: Uuid::new_v4(),
        status: InvoiceStatus::Committed,
        currency: "EUR".to_owned(),
        amount: sum,
        items_sum: sum,
        complete: true,
        lines,
        earlier: Vec::new(),
        metered,
        terms: Vec::new(),
        tariffs: Vec::new(),
        plans: vec![(SUBSCRIPTION, "plan".to_owned())],
        foreign: Vec::new(),
        settled: Vec::new(),
        strange_marks: Vec::new(),
        broken: Vec::new(),
        vanished: Vec::new(),
        unclaimed: Unclaimed::default(),
    }
}

/// One unit at 0.0125 for each begun hour.
pub fn cpu() -> Tariff {
    tariff("cpu", TierPolicy::AllTiers, &[(dec!(1), dec!(0.0125), None)])
}
