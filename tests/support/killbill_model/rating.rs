//! Money: usage in whole blocks, tier by tier, each item rounded to cents by itself.

use rust_decimal::{Decimal, RoundingStrategy};

use super::prices::Tier;

/// How many blocks of each tier the quantity begins; the last tiers stay empty when it does not come to them.
pub fn blocks(tiers: &[Tier], quantity: Decimal) -> Vec<Decimal> {
    let mut left = quantity;
    let mut fill = |tier: &Tier| {
        let begun = (left / tier.size).ceil().max(Decimal::ZERO);
        if tier.most >= Decimal::ZERO && begun > tier.most {
            left -= tier.most * tier.size;
            tier.most
        } else {
            left = Decimal::ZERO;
            begun
        }
    };
    tiers.iter().map(&mut fill).collect()
}

/// Unrounded.
pub fn money(tiers: &[Tier], blocks: &[Decimal]) -> Decimal {
    tiers.iter().zip(blocks).map(|(tier, blocks)| tier.price * blocks).sum()
}

pub fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// As the database keeps rates and quantities.
pub fn nine_places(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(9, RoundingStrategy::MidpointAwayFromZero)
}
