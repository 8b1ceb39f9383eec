//! How Kill Bill turns a period's usage into money: CONSUMABLE, IN_ARREAR (killbill.md 4.6, tried on the wire).
//! Reconciliation rates the ledger's sums with it and compares; nothing is ever charged from here.

use rust_decimal::Decimal;

use super::money;
use super::price::{Tier, TierPolicy};

/// What falls into one tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatedTier {
    /// Counted from 1, as Kill Bill does.
    pub tier: u32,
    pub block_size: Decimal,
    pub block_price: Decimal,
    /// The usage itself, unrounded.
    pub quantity: Decimal,
    /// Whole blocks: the usage rounded up.
    pub blocks: Decimal,
}

impl RatedTier {
    /// Unrounded money.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.blocks * self.block_price
    }
}

/// A period's usage of one unit, rated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rating {
    pub tiers: Vec<RatedTier>,
    /// Usage above a last tier that has a limit: Kill Bill charges nothing for it.
    pub beyond: Decimal,
}

impl Rating {
    /// Unrounded money.
    #[must_use]
    pub fn amount(&self) -> Decimal {
        self.tiers.iter().map(RatedTier::amount).sum()
    }

    /// Money where each tier is an item of its own, rounded by itself, without what is billed already: that filled the lowest
    /// tiers first.
    #[must_use]
    pub fn itemized(&self, billed: Decimal, currency: &str) -> Decimal {
        let mut billed = billed;
        let items = self.tiers.iter().map(|tier| {
            let before = billed.min(tier.amount());
            billed -= before;
            money::round(tier.amount() - before, currency)
        });
        items.sum()
    }

    /// What fell into `tier`, if anything did.
    #[must_use]
    pub fn tier(&self, tier: u32) -> Option<&RatedTier> {
        self.tiers.iter().find(|rated| rated.tier == tier)
    }
}

/// Whole blocks needed for `quantity`; none for zero or less.
#[must_use]
pub fn blocks(quantity: Decimal, block_size: Decimal) -> Decimal {
    if quantity <= Decimal::ZERO || block_size <= Decimal::ZERO {
        return Decimal::ZERO;
    }
    let rest = quantity % block_size;
    let full = ((quantity - rest) / block_size).round();
    if rest.is_zero() { full } else { full + Decimal::ONE }
}

/// Rates the sum of one unit over one period. Rounding up happens on this sum, never on a single record.
#[must_use]
pub fn rate(policy: TierPolicy, tiers: &[Tier], quantity: Decimal) -> Rating {
    match policy {
        TierPolicy::AllTiers => all_tiers(tiers, quantity),
        TierPolicy::TopTier => top_tier(tiers, quantity),
    }
}

fn all_tiers(tiers: &[Tier], quantity: Decimal) -> Rating {
    let (mut found, mut left) = (Vec::with_capacity(tiers.len()), quantity);
    for (number, tier) in (1..).zip(tiers) {
        let needed = blocks(left, tier.block_size);
        let (quantity, blocks) = match tier.max {
            Some(max) if needed > max => (max * tier.block_size, max),
            _ => (left, needed),
        };
        left -= quantity;
        found.push(rated(tier, number, quantity, blocks));
    }
    Rating {
        tiers: found,
        beyond: left,
    }
}

/// Kill Bill finds the tier by filling the lower ones, then prices everything in blocks of that tier.
fn top_tier(tiers: &[Tier], quantity: Decimal) -> Rating {
    let mut left = quantity;
    for (number, tier) in (1..).zip(tiers) {
        let is_last = number as usize == tiers.len();
        // An end of -1 is no end to Kill Bill in the last tier only: any other such tier is always passed by.
        let max = tier.max.unwrap_or(Decimal::NEGATIVE_ONE);
        if !is_last && blocks(left, tier.block_size) > max {
            left -= max * tier.block_size;
            continue;
        }
        let all = rated(tier, number, quantity, blocks(quantity, tier.block_size));
        return Rating {
            tiers: vec![all],
            beyond: Decimal::ZERO,
        };
    }
    Rating {
        tiers: Vec::new(),
        beyond: quantity,
    }
}

fn rated(at: &Tier, tier: u32, quantity: Decimal, blocks: Decimal) -> RatedTier {
    RatedTier {
        tier,
        block_size: at.block_size,
        block_price: at.block_price,
        quantity,
        blocks,
    }
}
