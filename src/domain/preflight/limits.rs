//! What Kill Bill cannot bill because there is too much of it in one window: usage beyond a last tier that ends is given
//! away, and what no column of its invoices holds makes the whole run fail (killbill.md 4.6).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, dec};

use super::Waiting;
use crate::domain::hold::HoldCode;
use crate::domain::price::TierPolicy;
use crate::domain::rating::{Rating, rate};
use crate::domain::timeline::{Timeline, Window};

/// `rolled_up_usage.amount`, `invoice_items.quantity`: decimal(18,9).
const MOST_UNITS: Decimal = dec!(1_000_000_000);
/// `invoice_items.amount`: numeric(15,9). Half a cent below it is rounded up to it.
const MOST_MONEY: Decimal = dec!(999_999.995);

/// Sums by unit and by the instant at which their window begins, in Kill Bill's unit.
pub type Carried = BTreeMap<(String, DateTime<Utc>), Decimal>;

/// What Kill Bill has of a subscription, with what is about to be sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals(pub(super) Carried);

impl Totals {
    /// Adds the record, unless that would be too much; then says why and leaves the totals as they were.
    pub(super) fn add(&mut self, timeline: &Timeline, waiting: &Waiting<'_>) -> Option<HoldCode> {
        if waiting.amount.abs() >= MOST_UNITS {
            return Some(HoldCode::BeyondKillbillColumn);
        }
        // What a trial gives away is rated by nobody.
        let window = timeline.window(waiting.unit, waiting.hour)?;
        let key = (waiting.unit.to_owned(), window.from);
        let before = self.0.get(&key).copied().unwrap_or_default();
        self.0.insert(key.clone(), before + waiting.amount);
        // What takes back, or adds nothing, makes nothing worse.
        let hold = (waiting.amount > Decimal::ZERO)
            .then(|| self.too_much(&window, waiting.unit))
            .flatten();
        if hold.is_some() {
            self.0.insert(key, before);
        }
        hold
    }

    /// Whether the record makes its window cheaper: it takes something back, or the window's sum with it reaches a cheaper
    /// top tier, which prices all of it. Once the window is invoiced Kill Bill fails on either.
    pub(super) fn takes_back(&self, timeline: &Timeline, waiting: &Waiting<'_>) -> bool {
        let cheaper = || {
            let window = timeline.window(waiting.unit, waiting.hour)?;
            let price = window.rate(waiting.unit)?;
            let before = self
                .0
                .get(&(waiting.unit.to_owned(), window.from))
                .copied()
                .unwrap_or_default();
            let money = |sum: Decimal| rate(price.policy, price.tiers, sum).amount();
            Some(price.policy == TierPolicy::TopTier && money(before + waiting.amount) < money(before))
        };
        waiting.amount < Decimal::ZERO || cheaper().unwrap_or_default()
    }

    /// Why Kill Bill could not bill these sums.
    fn too_much(&self, window: &Window<'_>, unit: &str) -> Option<HoldCode> {
        let rating = |unit: &str| {
            let sum = self.0.get(&(unit.to_owned(), window.from)).copied().unwrap_or_default();
            window.rate(unit).map(|price| rate(price.policy, price.tiers, sum))
        };
        let own = rating(unit)?;
        if !own.beyond.is_zero() {
            return Some(HoldCode::BeyondLastTier);
        }
        let line = window.section.units.iter().filter_map(|terms| rating(&terms.unit));
        let overflows = own.tiers.iter().any(|tier| tier.blocks >= MOST_UNITS)
            || money(line).is_none_or(|money| money >= MOST_MONEY);
        overflows.then_some(HoldCode::BeyondKillbillColumn)
    }
}

/// None when not even we can write it down.
fn money(mut line: impl Iterator<Item = Rating>) -> Option<Decimal> {
    line.try_fold(Decimal::ZERO, |sum, rating| {
        rating.tiers.iter().try_fold(sum, |sum, tier| {
            sum.checked_add(tier.blocks.checked_mul(tier.block_price)?)
        })
    })
}
