//! What settled hours are worth. Always the whole settled quantity of a key is rated, and what earlier lines moved is taken
//! off: corrections of corrections never add up cents.

use rust_decimal::Decimal;

use crate::domain::money::round;
use crate::domain::price::{Tier, TierPolicy};
use crate::domain::rating::rate;

/// A line's money. `amount = round(total) − moved`; `value` is what this line adds to the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valued {
    /// Unrounded, of this line by itself.
    pub value: Decimal,
    /// Unrounded, of all settled hours of the key with this line.
    pub total: Decimal,
    /// Whole coins that earlier lines moved.
    pub moved: Decimal,
    pub amount: Decimal,
}

impl Valued {
    fn new(before: Decimal, total: Decimal, moved: Decimal, currency: &str) -> Self {
        Self {
            value: (total - before).normalize(),
            total: total.normalize(),
            moved,
            amount: (round(total, currency) - moved).normalize(),
        }
    }
}

/// Hours beside what Kill Bill rates: `held` is what it holds of the window, `settled` what earlier lines added to that,
/// `units` what this one adds, all in Kill Bill's unit. The price of the difference is Kill Bill's own.
#[must_use]
pub fn by_tiers(
    (policy, tiers): (TierPolicy, &[Tier]),
    held: Decimal,
    settled: Decimal,
    units: Decimal,
    moved: Decimal,
    currency: &str,
) -> Valued {
    let money = |quantity| rate(policy, tiers, quantity).amount();
    let base = money(held);
    Valued::new(
        money(held + settled) - base,
        money(held + settled + units) - base,
        moved,
        currency,
    )
}

/// Hours of a monthly price: quantity × monthly ÷ divisor.
#[must_use]
pub fn by_month(
    monthly: Decimal,
    divisor: Decimal,
    settled: Decimal,
    quantity: Decimal,
    moved: Decimal,
    currency: &str,
) -> Valued {
    // Multiplied before dividing: what comes out even stays even.
    let money = |quantity: Decimal| quantity * monthly / divisor;
    Valued::new(money(settled), money(settled + quantity), moved, currency)
}

/// The price of one unit of the meter that a line names: the tier's, where there is a single one, else what the line comes
/// to on average.
#[must_use]
pub fn rate_of(tiers: &[Tier], factor: Decimal, quantity: Decimal, value: Decimal) -> Option<Decimal> {
    match tiers {
        [only] if !only.block_size.is_zero() => Some((factor * only.block_price / only.block_size).normalize()),
        _ if quantity.is_zero() => None,
        _ => Some((value / quantity).round_dp(9).normalize()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn tiers(tiers: &[(Decimal, Decimal, Option<Decimal>)]) -> Vec<Tier> {
        let tier = |(block_size, block_price, max): &(Decimal, Decimal, Option<Decimal>)| Tier {
            block_size: *block_size,
            block_price: *block_price,
            max: *max,
        };
        tiers.iter().map(tier).collect()
    }

    #[test]
    fn repeated_corrections_never_add_up_cents() {
        let tiers = tiers(&[(dec!(1), dec!(0.0125), None)]);
        let (mut settled, mut moved) = (dec!(0), dec!(0));
        for _ in 0..100 {
            let line = by_tiers(
                (TierPolicy::AllTiers, &tiers),
                dec!(1000),
                settled,
                dec!(-1),
                moved,
                "USD",
            );
            settled -= dec!(1);
            moved += line.amount;
        }
        assert_eq!(moved, dec!(-1.25));
        let back = by_tiers(
            (TierPolicy::AllTiers, &tiers),
            dec!(1000),
            settled,
            dec!(100),
            moved,
            "USD",
        );
        assert_eq!((back.amount, back.total), (dec!(1.25), dec!(0)));
    }

    #[test]
    fn a_difference_crosses_tiers_and_begun_blocks_like_kill_bill_s_own_rating() {
        let tiers = tiers(&[(dec!(10), dec!(1), Some(dec!(10))), (dec!(10), dec!(0.5), None)]);
        // 105 hours: ten blocks at 1 and one at 0.5; 91 hours: ten blocks at 1.
        let line = by_tiers(
            (TierPolicy::AllTiers, &tiers),
            dec!(105),
            dec!(0),
            dec!(-14),
            dec!(0),
            "USD",
        );
        assert_eq!(line.amount, dec!(-0.5));
        let more = by_tiers(
            (TierPolicy::AllTiers, &tiers),
            dec!(105),
            dec!(-14),
            dec!(-2),
            line.amount,
            "USD",
        );
        assert_eq!((more.amount, more.value), (dec!(-1), dec!(-1)));
    }

    #[test]
    fn a_month_is_rated_once_and_rounded_once_in_the_currency_s_coin() {
        let line = by_month(dec!(49), dec!(720), dec!(0), dec!(744), dec!(0), "USD");
        assert_eq!((line.amount, line.value.round_dp(6)), (dec!(50.63), dec!(50.633333)));
        let omani = by_month(dec!(49), dec!(720), dec!(0), dec!(744), dec!(0), "OMR");
        assert_eq!(omani.amount, dec!(50.633));
        // A late hour of 0.068056 moves what the whole month is worth more by then.
        let late = by_month(dec!(49), dec!(720), dec!(744), dec!(1), dec!(50.63), "USD");
        assert_eq!(late.amount, dec!(0.07));
    }
}
