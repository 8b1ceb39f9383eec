//! A metered quantity: what was consumed in one hour, in the meter's unit.

use std::str::FromStr;

use rust_decimal::Decimal;

/// A decimal that Kill Bill's `decimal(18,9)` column holds exactly: at most nine decimals, not negative, below 10⁹.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(Decimal);

/// Why a number is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    #[error("is not a decimal number")]
    NotANumber,
    #[error("is negative; consumption is zero or more")]
    Negative,
    #[error("has more than nine decimals")]
    TooPrecise,
    #[error("is too large; it must be below 1,000,000,000")]
    TooLarge,
}

impl QuantityError {
    /// The code in a push's verdict.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotANumber => "invalid",
            Self::Negative => "negative",
            Self::TooPrecise => "too_precise",
            Self::TooLarge => "too_large",
        }
    }
}

impl Quantity {
    /// Nothing consumed.
    pub const ZERO: Self = Self(Decimal::ZERO);
    const LIMIT: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

    /// Checks `value`; trailing zeros do not count as decimals.
    ///
    /// # Errors
    /// When it is negative, has more than nine decimals, or is 10⁹ or more.
    pub fn new(value: Decimal) -> Result<Self, QuantityError> {
        let value = value.normalize();
        match value {
            v if v.is_sign_negative() && !v.is_zero() => Err(QuantityError::Negative),
            v if v >= Self::LIMIT => Err(QuantityError::TooLarge),
            v if v.scale() > 9 => Err(QuantityError::TooPrecise),
            v => Ok(Self(v.abs())),
        }
    }

    /// Reads plain or scientific notation, as JSON writes numbers, and loses no digit on the way.
    ///
    /// # Errors
    /// When the text is no number, or [`Quantity::new`] refuses it.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        if text.contains('_') {
            return Err(QuantityError::NotANumber);
        }
        if text.len() > 64 {
            return Err(Self::of_long_text(text));
        }
        match Decimal::from_str_exact(text).ok().or_else(|| Self::scientific(text)) {
            Some(value) => Self::new(value),
            None if Self::is_numeric(text) => Err(Self::of_long_text(text)),
            None => Err(QuantityError::NotANumber),
        }
    }

    /// `from_scientific` rounds a mantissa that is too long; such a one is refused instead.
    fn scientific(text: &str) -> Option<Decimal> {
        let (mantissa, _) = text.split_once(['e', 'E'])?;
        Decimal::from_str_exact(mantissa).ok()?;
        Decimal::from_scientific(text).ok()
    }

    /// The number itself.
    #[must_use]
    pub const fn value(self) -> Decimal {
        self.0
    }

    fn is_numeric(text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c))
            && f64::from_str(text).is_ok()
    }

    /// More digits than a decimal holds: say in which direction it is out of range.
    fn of_long_text(text: &str) -> QuantityError {
        match f64::from_str(text) {
            Ok(value) if value < 0.0 => QuantityError::Negative,
            Ok(value) if value >= 1e9 => QuantityError::TooLarge,
            Ok(value) if value.is_nan() => QuantityError::NotANumber,
            Ok(_) => QuantityError::TooPrecise,
            Err(_) => QuantityError::NotANumber,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive() {
        assert_eq!(
            Quantity::parse("999999999.999999999").unwrap().value().to_string(),
            "999999999.999999999"
        );
        assert_eq!(Quantity::parse("4.50").unwrap().value().to_string(), "4.5");
        assert_eq!(Quantity::parse("1e-9").unwrap().value().to_string(), "0.000000001");
        assert_eq!(Quantity::parse("0").unwrap().value().to_string(), "0");
        assert_eq!(Quantity::parse("1.0000000000").unwrap().value().to_string(), "1");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(Quantity::parse("-1"), Err(QuantityError::Negative));
        assert_eq!(Quantity::parse("1000000000"), Err(QuantityError::TooLarge));
        assert_eq!(Quantity::parse("1e300"), Err(QuantityError::TooLarge));
        assert_eq!(Quantity::parse("1e400"), Err(QuantityError::TooLarge));
        assert_eq!(Quantity::parse("-1e400"), Err(QuantityError::Negative));
        assert_eq!(
            Quantity::parse("4.00000000000000000000000000000000001e0"),
            Err(QuantityError::TooPrecise)
        );
        assert_eq!(Quantity::parse("0.0000000001"), Err(QuantityError::TooPrecise));
        assert_eq!(Quantity::parse("four"), Err(QuantityError::NotANumber));
        assert_eq!(Quantity::parse("NaN"), Err(QuantityError::NotANumber));
        assert_eq!(Quantity::parse(""), Err(QuantityError::NotANumber));
    }
}
