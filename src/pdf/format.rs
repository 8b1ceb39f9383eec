//! Numbers and dates as they are printed. Nothing is rounded: an amount with more decimals than its currency shows them.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::document::Period;
pub use crate::domain::money::minor_digits;

/// The typographic minus: as wide as a digit, so that columns of numbers line up.
pub const MINUS: char = '\u{2212}';

/// An amount with at least the currency's decimals and separated thousands: `1,234.50`.
#[must_use]
pub fn amount(value: Decimal, currency: &str) -> String {
    number(value, minor_digits(currency))
}

/// An amount followed by its currency: `1,234.50 EUR`.
#[must_use]
pub fn money(value: Decimal, currency: &str) -> String {
    format!("{}\u{a0}{currency}", amount(value, currency))
}

/// An amount that changes a sum, with its sign: `+0.004 EUR`.
#[must_use]
pub fn signed_money(value: Decimal, currency: &str) -> String {
    let plus = if value > Decimal::ZERO { "+" } else { "" };
    format!("{plus}{}", money(value, currency))
}

/// A quantity with just the decimals that it needs: `2,976` or `0.5`.
#[must_use]
pub fn quantity(value: Decimal) -> String {
    number(value, 0)
}

/// A price of one unit with the decimals that it has, at least the currency's: `0.0125`.
#[must_use]
pub fn rate(value: Decimal, currency: &str) -> String {
    number(value, minor_digits(currency))
}

/// `9 January 2026`.
#[must_use]
pub fn date(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// First and last day, without repeating what they share: `1 – 31 January 2026`.
#[must_use]
pub fn period(period: Period) -> String {
    let (first, last) = (
        period.start,
        period.end.pred_opt().unwrap_or(period.end).max(period.start),
    );
    if first == last {
        return date(first);
    }
    let start = match (first.year() == last.year(), first.month() == last.month()) {
        (true, true) => first.format("%-d"),
        (true, false) => first.format("%-d %B"),
        _ => first.format("%-d %B %Y"),
    };
    format!("{start} – {}", date(last))
}

fn number(value: Decimal, min_decimals: u32) -> String {
    let digits = value.abs().normalize().to_string();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let fraction = format!("{fraction:0<width$}", width = min_decimals as usize);
    let sign = if value < Decimal::ZERO {
        MINUS.to_string()
    } else {
        String::new()
    };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", thousands(whole))
}

fn thousands(whole: &str) -> String {
    let mut text = String::with_capacity(whole.len() * 4 / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn amounts_follow_their_currency_and_lose_nothing() {
        assert_eq!(money(dec!(1234567.5), "EUR"), "1,234,567.50\u{a0}EUR");
        assert_eq!(amount(dec!(1234), "JPY"), "1,234");
        assert_eq!(amount(dec!(0.5), "OMR"), "0.500");
        assert_eq!(amount(dec!(0.125), "EUR"), "0.125");
        assert_eq!(amount(dec!(-999.00), "EUR"), "−999.00");
        assert_eq!(amount(dec!(-0.00), "EUR"), "0.00");
        assert_eq!(amount(Decimal::MAX, "EUR"), "79,228,162,514,264,337,593,543,950,335.00");
        assert_eq!(signed_money(dec!(0.004), "EUR"), "+0.004\u{a0}EUR");
    }

    #[test]
    fn quantities_and_rates_show_the_decimals_they_have() {
        assert_eq!(quantity(dec!(2976.000)), "2,976");
        assert_eq!(quantity(dec!(0.500000001)), "0.500000001");
        assert_eq!(rate(dec!(0.0125), "EUR"), "0.0125");
        assert_eq!(rate(dec!(5), "EUR"), "5.00");
    }

    #[test]
    fn periods_are_printed_with_their_last_day() {
        let print = |start, end| period(Period { start, end });
        assert_eq!(print(day(2026, 1, 1), day(2026, 2, 1)), "1 – 31 January 2026");
        assert_eq!(
            print(day(2026, 1, 15), day(2026, 3, 1)),
            "15 January – 28 February 2026"
        );
        assert_eq!(
            print(day(2025, 12, 1), day(2026, 2, 1)),
            "1 December 2025 – 31 January 2026"
        );
        assert_eq!(print(day(2026, 1, 9), day(2026, 1, 10)), "9 January 2026");
        assert_eq!(print(day(2026, 1, 9), day(2026, 1, 9)), "9 January 2026");
    }
}
