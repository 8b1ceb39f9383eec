//! Both sides of a seed: the lines that the timeline expects, and those that Kill Bill wrote.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::money::round;
use nodeconductor_billing::domain::rating::rate;
use nodeconductor_billing::domain::timeline::{Timeline, Window};
use nodeconductor_billing::killbill::invoices::{Invoice, ItemType};
use rust_decimal::Decimal;

use super::dealt::Dealt;

/// Amounts by usage section, first day and end.
pub type Lines = BTreeMap<(String, NaiveDate, NaiveDate), Decimal>;

/// A window with the sums of its units.
type Used<'t> = (Window<'t>, BTreeMap<&'t str, Decimal>);

/// What the timeline says of the usage in windows that are over by `now`; windows inside one day share their dates.
pub fn expected(dealt: &Dealt, timeline: &Timeline, now: DateTime<Utc>) -> Lines {
    let mut sums: BTreeMap<(String, DateTime<Utc>), Used<'_>> = BTreeMap::new();
    for (unit, hour, amount) in &dealt.usage {
        let hour = Hour::containing(*hour);
        if let Some(window) = timeline.window(unit, hour).filter(|window| window.until <= now) {
            let key = (window.section.usage.clone(), window.from);
            let (_, units) = sums.entry(key).or_insert_with(|| (window, BTreeMap::new()));
            *units.entry(unit).or_default() += *amount;
        }
    }
    let mut lines = Lines::new();
    for (window, units) in sums.into_values() {
        let money = units.into_iter().filter_map(|(unit, sum)| {
            let price = window.rate(unit)?;
            Some(rate(price.policy, price.tiers, sum).amount())
        });
        let key = (window.section.usage.clone(), window.first_day, window.end_day);
        *lines.entry(key).or_default() += round(money.sum(), dealt.currency);
    }
    lines.retain(|_, amount| !amount.is_zero());
    lines
}

/// What Kill Bill charged for usage.
pub fn charged(invoices: &[Invoice]) -> Lines {
    let mut lines = Lines::new();
    for item in invoices.iter().flat_map(|invoice| &invoice.items) {
        if item.item_type == ItemType::Usage && !item.amount.is_zero() {
            let usage = item.usage_name.clone().unwrap_or_default();
            let key = (
                usage,
                item.start_date.unwrap_or_default(),
                item.end_date.unwrap_or_default(),
            );
            *lines.entry(key).or_default() += item.amount.normalize();
        }
    }
    lines
}
