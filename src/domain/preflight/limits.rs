//! What Kill Bill cannot bill because there is too much of it in one month: usage beyond a last tier that ends is given
//! away, and what no column of its invoices holds makes the whole run fail (killbill.md 4.6).
//!
//! Months, because our accounts bill by calendar month and a delivery never crosses one. Kill Bill counts anew where a
//! price version begins inside a month; we do not, and hold an hour too early rather than too late.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, dec};

use super::Waiting;
use crate::domain::delivery::Sums;
use crate::domain::hold::HoldCode;
use crate::domain::month::Month;
use crate::domain::price::{Tariff, version_at};
use crate::domain::rating::{Rating, rate};

/// `rolled_up_usage.amount`, `invoice_items.quantity`: decimal(18,9).
const MOST_UNITS: Decimal = dec!(1_000_000_000);
/// `invoice_items.amount`: numeric(15,9). Half a cent below it is rounded up to it.
const MOST_MONEY: Decimal = dec!(999_999.995);

/// The prices of a subscription's plan, over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// Of this plan only.
    pub tariffs: Vec<Tariff>,
    /// When the subscription's billing began.
    pub start: DateTime<Utc>,
}

impl Prices {
    /// What holds at an instant, one per unit.
    fn at(&self, at: DateTime<Utc>) -> Vec<&Tariff> {
        let all: Vec<&Tariff> = self.tariffs.iter().collect();
        let version = version_at(&all, self.start, at);
        all.into_iter()
            .filter(|tariff| !tariff.withdrawn && Some(tariff.effective_from) == version)
            .collect()
    }
}

/// What Kill Bill has of a subscription, by month, with what is about to be sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals(pub(super) BTreeMap<Month, Sums>);

impl Totals {
    /// Adds the record, unless that would be too much; then says why and leaves the totals as they were.
    pub(super) fn add(&mut self, prices: &Prices, waiting: &Waiting<'_>) -> Option<HoldCode> {
        if waiting.amount.abs() >= MOST_UNITS {
            return Some(HoldCode::BeyondKillbillColumn);
        }
        let sums = self.0.entry(Month::containing(waiting.hour.start())).or_default();
        let before = sums.get(waiting.unit).copied().unwrap_or_default();
        sums.insert(waiting.unit.to_owned(), before + waiting.amount);
        // What takes back, or adds nothing, makes nothing worse.
        let hold = (waiting.amount > Decimal::ZERO)
            .then(|| too_much(&prices.at(waiting.hour.start()), waiting.unit, sums))
            .flatten();
        if hold.is_some() {
            sums.insert(waiting.unit.to_owned(), before);
        }
        hold
    }
}

/// Why Kill Bill could not bill these sums.
fn too_much(prices: &[&Tariff], unit: &str, sums: &Sums) -> Option<HoldCode> {
    let price = prices.iter().find(|price| price.unit == unit)?;
    let rating = |price: &Tariff| {
        let sum = sums.get(&price.unit).copied().unwrap_or_default();
        rate(price.policy, &price.tiers, sum)
    };
    let own = rating(price);
    if !own.beyond.is_zero() {
        return Some(HoldCode::BeyondLastTier);
    }
    let line = prices.iter().filter(|other| other.usage == price.usage);
    let overflows = own.tiers.iter().any(|tier| tier.blocks >= MOST_UNITS)
        || money(line.map(|price| rating(price))).is_none_or(|money| money >= MOST_MONEY);
    overflows.then_some(HoldCode::BeyondKillbillColumn)
}

/// None when not even we can write it down.
fn money(mut line: impl Iterator<Item = Rating>) -> Option<Decimal> {
    line.try_fold(Decimal::ZERO, |sum, rating| {
        rating.tiers.iter().try_fold(sum, |sum, tier| {
            sum.checked_add(tier.blocks.checked_mul(tier.block_price)?)
        })
    })
}
