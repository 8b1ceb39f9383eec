//! A line's money, taken apart: what was metered, what rating makes of it, what rounding adds.

use rust_decimal::Decimal;

use crate::domain::evidence::UsageLine;
use crate::domain::money::round;
use crate::domain::price::TierPolicy;
use crate::domain::reconcile::expectation::{Expectation, exact};
use crate::domain::reconcile::finding::{Explanation, Rounding};

/// Money of a line, taken apart.
#[derive(Default)]
pub(super) struct Money {
    /// Records × price.
    pub(super) value: Decimal,
    /// What the rules of rating make of the records.
    pub(super) expected: Decimal,
    pub(super) repriced: Decimal,
    /// Blocks × price as billed, before cents are rounded.
    pub(super) unrounded: Decimal,
    /// What earlier lines left: cents where Kill Bill subtracts their amounts, blocks where it wrote no line.
    pub(super) carried: Decimal,
}

pub(super) fn details_sum(line: &UsageLine) -> Decimal {
    line.tiers.iter().map(|tier| tier.blocks * tier.price).sum()
}

/// Whether the details speak of the whole period and the amount only of what earlier lines left (AGGREGATE, `TOP_TIER`).
pub(super) fn is_cumulative(line: &UsageLine, earlier: Decimal, currency: &str) -> bool {
    let sum = details_sum(line);
    round(sum, currency) != line.amount && round(sum - earlier, currency) == line.amount
}

pub(super) fn money(line: &UsageLine, units: &[&Expectation], sole: bool, earlier: Decimal, currency: &str) -> Money {
    let mut money = Money {
        unrounded: details_sum(line),
        ..Money::default()
    };
    for unit in units {
        match unit.policy {
            TierPolicy::AllTiers => graduated(&mut money, line, unit, sole),
            TierPolicy::TopTier => at_the_top(&mut money, unit),
        }
    }
    if is_cumulative(line, earlier, currency) {
        money.unrounded -= earlier;
        money.carried += units.iter().map(|unit| unit.before.amount()).sum::<Decimal>() - earlier;
    }
    money
}

/// A line of its own for each tier speaks for that tier; a sole line also for usage that needed no further block.
pub(super) fn graduated(money: &mut Money, line: &UsageLine, unit: &Expectation, sole: bool) {
    for share in unit.shares() {
        let listed = line
            .tiers
            .iter()
            .any(|tier| tier.unit == unit.unit && tier.tier == share.tier);
        if listed || (sole && share.blocks.is_zero()) {
            money.value += share.value();
        }
        if listed {
            money.expected += share.money();
            money.carried += share.left_over_money();
        }
    }
}

pub(super) fn at_the_top(money: &mut Money, unit: &Expectation) {
    money.expected += unit.money();
    let Some(top) = unit.total.tiers.first() else { return };
    money.value += exact(unit.sums.total - unit.sums.before, top.block_price, top.block_size);
    if let Some(before) = unit.before.tiers.first() {
        money.repriced += exact(unit.sums.before, top.block_price, top.block_size)
            - exact(unit.sums.before, before.block_price, before.block_size);
    }
}

pub(super) fn explanations(money: &Money, currency: &str) -> Vec<Explanation> {
    let cents = round(money.unrounded, currency) - money.unrounded;
    let parts = [
        (Rounding::BlockRounding, money.expected - money.value - money.repriced),
        (Rounding::TierRepricing, money.repriced),
        (Rounding::EarlierLines, money.carried),
        (Rounding::CentRounding, cents),
    ];
    let parts = parts.into_iter().filter(|(_, amount)| !amount.is_zero());
    parts
        .map(|(kind, amount)| Explanation {
            kind,
            amount: amount.normalize(),
        })
        .collect()
}
