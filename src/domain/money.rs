//! Money: a decimal that never goes without its currency, rounded only where a rule says so.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

/// An amount in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    pub amount: Decimal,
    /// ISO 4217, three capital letters.
    pub currency: String,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", in_minor_units(self.amount, &self.currency), self.currency)
    }
}

/// How many decimals the currency's smallest coin has (ISO 4217; two where it says nothing else).
#[must_use]
pub fn minor_digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        "BTC" => 8,
        _ => 2,
    }
}

/// Rounds half up to the currency's smallest coin, as Kill Bill rounds each invoice item (killbill.md 4.6).
#[must_use]
pub fn round(amount: Decimal, currency: &str) -> Decimal {
    amount.round_dp_with_strategy(minor_digits(currency), RoundingStrategy::MidpointAwayFromZero)
}

/// The amount with at least the currency's decimals, more only where it has them.
#[must_use]
pub fn with_minor_digits(amount: Decimal, currency: &str) -> Decimal {
    let mut exact = amount.normalize();
    let digits = minor_digits(currency);
    if exact.scale() < digits {
        exact.rescale(digits);
    }
    exact
}

/// The amount as text: at least the currency's decimals, more only where the amount has them (nothing is hidden).
#[must_use]
pub fn in_minor_units(amount: Decimal, currency: &str) -> String {
    let exact = with_minor_digits(amount, currency);
    if exact.is_zero() {
        exact.abs().to_string()
    } else {
        exact.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn cents_are_rounded_half_up_in_the_currency_s_own_coin() {
        assert_eq!(round(dec!(0.125), "USD"), dec!(0.13));
        assert_eq!(round(dec!(-0.125), "USD"), dec!(-0.13));
        assert_eq!(round(dec!(0.0625), "OMR"), dec!(0.063));
        assert_eq!(round(dec!(10.5), "JPY"), dec!(11));
    }

    #[test]
    fn text_keeps_every_digit_and_at_least_the_cents() {
        assert_eq!(in_minor_units(dec!(319), "USD"), "319.00");
        assert_eq!(in_minor_units(dec!(0.125), "USD"), "0.125");
        assert_eq!(in_minor_units(dec!(1.500000), "EUR"), "1.50");
        assert_eq!(in_minor_units(dec!(-0), "EUR"), "0.00");
    }
}
