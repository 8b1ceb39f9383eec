//! Which price a line was rated by: a version of the price list, or what the lines themselves show.

use rust_decimal::Decimal;

use crate::domain::evidence::{BilledTier, Charge, UsageLine};
use crate::domain::price::{Tier, TierPolicy};

pub(super) fn tiers_of(lines: &[&UsageLine], charge: &Charge, unit: &str) -> Vec<BilledTier> {
    let lines = lines.iter().filter(|line| line.charge == *charge);
    lines
        .flat_map(|line| &line.tiers)
        .filter(|tier| tier.unit == unit)
        .cloned()
        .collect()
}

pub(super) fn has_prices(tiers: &[Tier], billed: &[BilledTier]) -> bool {
    billed.iter().all(|billed| {
        let listed = (billed.tier as usize).checked_sub(1).and_then(|index| tiers.get(index));
        listed.is_some_and(|tier| (tier.block_price, tier.block_size) == (billed.price, billed.block_size))
    })
}

/// Under `ALL_TIERS` Kill Bill always lists the first tier, be it with zero.
pub(super) fn observed_policy(billed: &[BilledTier]) -> TierPolicy {
    let graduated = billed.is_empty() || billed.iter().any(|tier| tier.tier == 1);
    if graduated {
        TierPolicy::AllTiers
    } else {
        TierPolicy::TopTier
    }
}

/// Tiers as far as the lines show them: every tier but the highest was full, the highest takes the rest.
pub(super) fn observed_tiers(policy: TierPolicy, billed: &[BilledTier], earlier: &[BilledTier]) -> Vec<Tier> {
    let all = || earlier.iter().chain(billed);
    let last = all().map(|tier| tier.tier).max().unwrap_or(0);
    let tier = |number: u32| {
        let seen = || all().filter(move |tier| tier.tier == number);
        let blocks = match policy {
            TierPolicy::AllTiers => seen().map(|tier| tier.blocks).sum(),
            TierPolicy::TopTier => seen().map(|tier| tier.blocks).max().unwrap_or_default(),
        };
        let (block_size, block_price) = seen()
            .next_back()
            .map_or((Decimal::ONE, Decimal::ZERO), |tier| (tier.block_size, tier.price));
        Tier {
            block_size,
            block_price,
            max: (number < last).then_some(blocks),
        }
    };
    (1..=last).map(tier).collect()
}
