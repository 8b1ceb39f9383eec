//! A line's quantities and its price in the meter's unit.

use rust_decimal::Decimal;

use crate::domain::evidence::{BilledTier, UsageLine, factor_of};
use crate::domain::price::TierPolicy;
use crate::domain::reconcile::expectation::{Expectation, exact};

pub(super) fn blocks_before(units: &[&Expectation]) -> Decimal {
    units
        .iter()
        .flat_map(|unit| &unit.before.tiers)
        .map(|tier| tier.blocks * tier.block_size)
        .sum()
}

pub(super) fn single_unit(line: &UsageLine) -> Option<&str> {
    let first = line.tiers.first()?.unit.as_str();
    line.tiers.iter().all(|tier| tier.unit == first).then_some(first)
}

pub(super) fn factor(line: &UsageLine, units: &[&Expectation]) -> Decimal {
    units.first().map_or_else(
        || factor_of(single_unit(line).unwrap_or_default()),
        |unit| unit.sums.factor,
    )
}

pub(super) fn quantity(line: &UsageLine, units: &[&Expectation], sole: bool) -> Option<Decimal> {
    let unit = units.first().filter(|_| single_unit(line).is_some())?;
    if sole || unit.policy == TierPolicy::TopTier {
        return Some(unit.sums.quantity.normalize());
    }
    let listed = unit
        .shares()
        .into_iter()
        .filter(|share| line.tiers.iter().any(|tier| tier.tier == share.tier));
    let portion: Decimal = listed.map(|share| share.portion).sum();
    Some((portion / unit.sums.factor).normalize())
}

pub(super) fn billed_quantity(line: &UsageLine, before: Decimal, factor: Decimal) -> Option<Decimal> {
    single_unit(line)?;
    let billed: Decimal = line.tiers.iter().map(|tier| tier.blocks * tier.block_size).sum();
    Some(((billed - before) / factor).normalize())
}

pub(super) fn meter_rate(line: &UsageLine, factor: Decimal) -> Option<Decimal> {
    let rate = |tier: &BilledTier| exact(factor, tier.price, tier.block_size).normalize();
    let first = rate(line.tiers.first()?);
    line.tiers
        .iter()
        .all(|tier| rate(tier) == first && Some(tier.unit.as_str()) == single_unit(line))
        .then_some(first)
}
