//! From a price in the catalog to the hourly and the monthly figure. Exact wherever the division is.

use rust_decimal::{Decimal, dec};

use super::{PriceRule, Tier};

/// The two figures of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub hourly: Decimal,
    pub monthly: Decimal,
}

impl Rates {
    /// Of a usage price: the first tier's block price by its block size; `None` when a figure cannot be represented
    /// (a block of nothing, a price beyond 28 digits).
    #[must_use]
    pub fn of_usage(first: &Tier, rule: PriceRule, hours_in_month: Decimal) -> Option<Self> {
        // Multiplied before dividing: 0.01 per block of 60 minutes is exactly 0.01 per hour.
        let hourly = first
            .block_price
            .checked_mul(rule.factor())?
            .checked_div(first.block_size)?;
        Some(Self {
            hourly: hourly.normalize(),
            monthly: hourly.checked_mul(hours_in_month)?.normalize(),
        })
    }

    /// Of a plan's own price per `period`.
    #[must_use]
    pub fn of_recurring(price: Decimal, period: Period, hours_in_month: Decimal) -> Option<Self> {
        let monthly = match period {
            Period::Months(months) => price.checked_div(Decimal::from(months))?,
            Period::Days(days) => price
                .checked_mul(hours_in_month)?
                .checked_div(Decimal::from(days) * dec!(24))?,
        };
        Some(Self {
            hourly: monthly.checked_div(hours_in_month)?.normalize(),
            monthly: monthly.normalize(),
        })
    }
}

/// Decimals of a price that people see, and may set.
const DECIMALS: u32 = 10;

/// A price as it is shown: ten decimals, where those would leave little of it ten digits. Rating never uses it.
#[must_use]
pub fn shown(price: Decimal) -> Decimal {
    let rounded = if price.abs() < dec!(0.0001) {
        price.round_sf(DECIMALS).unwrap_or(price)
    } else {
        price.round_dp(DECIMALS)
    };
    rounded.normalize()
}

/// Whether two prices are the same as far as a person may set one.
#[must_use]
pub fn is_same(one: Decimal, other: Decimal) -> bool {
    one.round_dp(DECIMALS) == other.round_dp(DECIMALS)
}

/// Kill Bill's billing period of a recurring price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Days(u32),
    Months(u32),
}

impl Period {
    /// The only period that needs no conversion.
    pub const MONTH: Self = Self::Months(1);
}

impl Period {
    /// The period of Kill Bill's word; none where there is no such period, as for `NO_BILLING_PERIOD`.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "DAILY" => Self::Days(1),
            "WEEKLY" => Self::Days(7),
            "BIWEEKLY" => Self::Days(14),
            "THIRTY_DAYS" => Self::Days(30),
            "THIRTY_ONE_DAYS" => Self::Days(31),
            "SIXTY_DAYS" => Self::Days(60),
            "NINETY_DAYS" => Self::Days(90),
            "MONTHLY" => Self::MONTH,
            "BIMESTRIAL" => Self::Months(2),
            "QUARTERLY" => Self::Months(3),
            "TRIANNUAL" => Self::Months(4),
            "BIANNUAL" => Self::Months(6),
            "ANNUAL" => Self::Months(12),
            "SESQUIENNIAL" => Self::Months(18),
            "BIENNIAL" => Self::Months(24),
            "TRIENNIAL" => Self::Months(36),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::HOURS_IN_MONTH;
    use super::*;

    fn usage(price: Decimal, size: Decimal, rule: PriceRule) -> Option<Rates> {
        Rates::of_usage(
            &Tier {
                block_size: size,
                block_price: price,
                max: None,
            },
            rule,
            HOURS_IN_MONTH,
        )
    }

    #[test]
    fn a_usage_price_is_per_unit_and_hour() {
        let rates = |hourly, monthly| Some(Rates { hourly, monthly });
        assert_eq!(
            usage(dec!(0.0125), dec!(1), PriceRule::HourlyUsage),
            rates(dec!(0.0125), dec!(9))
        );
        assert_eq!(
            usage(dec!(0.00005), dec!(0.01), PriceRule::HourlyUsage),
            rates(dec!(0.005), dec!(3.6))
        );
        assert_eq!(
            usage(dec!(0.01), dec!(60), PriceRule::MinuteUsage),
            rates(dec!(0.01), dec!(7.2))
        );
        assert_eq!(usage(dec!(1), dec!(0), PriceRule::HourlyUsage), None);
    }

    #[test]
    fn a_division_that_never_ends_is_shown_without_its_noise() {
        // A cent an hour by the minute, as the predecessor wrote it.
        let tier = dec!(0.00016666666666666666666667);
        let rates = usage(tier, dec!(1), PriceRule::MinuteUsage).unwrap();
        assert_eq!((rates.hourly, shown(rates.hourly)), (tier * dec!(60), dec!(0.01)));
        assert_eq!(shown(rates.monthly).to_string(), "7.2");
        assert!(is_same(dec!(0.01), rates.hourly) && !is_same(dec!(0.0100000001), rates.hourly));
        assert_eq!(shown(dec!(49) / dec!(720)).to_string(), "0.0680555556");
        assert_eq!(shown(dec!(0.00000000001234567890123)), dec!(0.0000000000123456789));
        assert_eq!(shown(dec!(100)).to_string(), "100");
    }

    #[test]
    fn a_recurring_price_keeps_its_monthly_figure() {
        let rates = Rates::of_recurring(dec!(49.00), Period::MONTH, HOURS_IN_MONTH).unwrap();
        assert_eq!((rates.hourly.round_dp(6), rates.monthly), (dec!(0.068056), dec!(49)));
        let yearly = Rates::of_recurring(dec!(8640), Period::of("ANNUAL").unwrap(), HOURS_IN_MONTH).unwrap();
        assert_eq!((yearly.hourly, yearly.monthly), (dec!(1), dec!(720)));
        let daily = Rates::of_recurring(dec!(24), Period::Days(1), dec!(744)).unwrap();
        assert_eq!((daily.hourly, daily.monthly), (dec!(1), dec!(744)));
    }
}
