//! The days on which a billing period begins: Kill Bill's own arithmetic (`BillingIntervalDetail`), which counts periods of
//! months from the billing day and periods of days from the first day.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::domain::price::Period;

/// The boundaries of one usage section, counted from the day on which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    first: NaiveDate,
    bill_cycle_day: u32,
    period: Period,
}

impl Cycle {
    /// The cycle of what begins on `start` (in the account's zone) and is billed by `period` on `bill_cycle_day` of a month.
    #[must_use]
    pub fn new(start: NaiveDate, bill_cycle_day: u32, period: Period) -> Self {
        let first = match period {
            Period::Days(_) => start,
            Period::Months(months) => {
                let day = day_in_month(start, bill_cycle_day);
                let later = || add(start, period, 1).map(|next| day_in_month(next, bill_cycle_day));
                // Kill Bill goes on by whole periods, so the first year may be one long.
                if day < start {
                    later().unwrap_or(day_after(day, months))
                } else {
                    day
                }
            }
        };
        Self {
            first,
            bill_cycle_day,
            period,
        }
    }

    /// The boundary after `number` periods; the first lies on or after the start.
    #[must_use]
    pub fn boundary(&self, number: u32) -> NaiveDate {
        let proposed = add(self.first, self.period, number).unwrap_or(NaiveDate::MAX);
        match self.period {
            Period::Days(_) => proposed,
            Period::Months(_) => day_in_month(proposed, self.bill_cycle_day),
        }
    }

    /// How many boundaries certainly lie before `day`: where to begin to look for those around it.
    #[must_use]
    pub fn before(&self, day: NaiveDate) -> u32 {
        let days = (day - self.first).num_days().max(0);
        let longest = match self.period {
            Period::Days(days) => i64::from(days),
            Period::Months(months) => i64::from(months) * 31,
        };
        u32::try_from(days / longest.max(1)).unwrap_or(0).saturating_sub(1)
    }
}

/// The first billing day on or after `day`, by months.
pub(super) fn next_billing_day(day: NaiveDate, bill_cycle_day: u32) -> NaiveDate {
    if day.day() > bill_cycle_day {
        day_in_month(day_after(day, 1), bill_cycle_day)
    } else {
        day_in_month(day, bill_cycle_day)
    }
}

/// The last billing day on or before `day`, by months.
pub(super) fn last_billing_day(day: NaiveDate, bill_cycle_day: u32) -> NaiveDate {
    let this_month = day_in_month(day, bill_cycle_day);
    if this_month <= day {
        return this_month;
    }
    let before = day.checked_sub_months(Months::new(1)).unwrap_or(NaiveDate::MIN);
    day_in_month(before, bill_cycle_day)
}

/// The billing day in the month of `day`; the month's last where it has no such day.
fn day_in_month(day: NaiveDate, bill_cycle_day: u32) -> NaiveDate {
    let wanted = (0..=3).find_map(|less| day.with_day(bill_cycle_day.clamp(1, 31) - less));
    wanted.unwrap_or(day)
}

fn day_after(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

fn add(day: NaiveDate, period: Period, number: u32) -> Option<NaiveDate> {
    match period {
        Period::Days(days) => day.checked_add_days(Days::new(u64::from(days) * u64::from(number))),
        Period::Months(months) => day.checked_add_months(Months::new(months.checked_mul(number)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn boundaries(start: &str, bill_cycle_day: u32, period: &str) -> [String; 3] {
        let cycle = Cycle::new(day(start), bill_cycle_day, Period::of(period).unwrap());
        [0, 1, 2].map(|number| cycle.boundary(number).to_string())
    }

    #[test]
    fn months_follow_the_billing_day_and_its_month_s_last_day() {
        let of = |start, day| boundaries(start, day, "MONTHLY");
        assert_eq!(of("2026-01-01", 1), ["2026-01-01", "2026-02-01", "2026-03-01"]);
        assert_eq!(of("2026-01-05", 1), ["2026-02-01", "2026-03-01", "2026-04-01"]);
        assert_eq!(of("2026-01-05", 17), ["2026-01-17", "2026-02-17", "2026-03-17"]);
        assert_eq!(of("2026-01-31", 31), ["2026-01-31", "2026-02-28", "2026-03-31"]);
        assert_eq!(of("2026-01-31", 30), ["2026-02-28", "2026-03-30", "2026-04-30"]);
    }

    #[test]
    fn years_begin_with_the_month_of_the_start_and_days_with_its_day() {
        let of = |start, period| boundaries(start, 10, period);
        assert_eq!(of("2026-01-05", "ANNUAL"), ["2026-01-10", "2027-01-10", "2028-01-10"]);
        assert_eq!(of("2026-01-15", "ANNUAL"), ["2027-01-10", "2028-01-10", "2029-01-10"]);
        assert_eq!(of("2026-01-15", "DAILY"), ["2026-01-15", "2026-01-16", "2026-01-17"]);
        assert_eq!(of("2026-01-15", "WEEKLY"), ["2026-01-15", "2026-01-22", "2026-01-29"]);
    }

    #[test]
    fn the_search_begins_before_the_day() {
        let cycle = Cycle::new(day("2020-01-05"), 17, Period::MONTH);
        let number = cycle.before(day("2026-11-29"));
        assert!(cycle.boundary(number) < day("2026-11-29") && number > 70);
        assert_eq!(cycle.before(day("2019-01-01")), 0);
    }
}
