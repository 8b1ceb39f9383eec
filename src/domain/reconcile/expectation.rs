//! What one unit of one charge should have cost on this invoice: the ledger's sums, rated with the price list, or, while
//! that is not known, with the tiers that Kill Bill itself billed.

mod rated;
mod tariff;
mod unbilled;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::evidence::{BilledTier, Charge, Metered};
use crate::domain::price::TierPolicy;
use crate::domain::rating::{RatedTier, Rating};

/// How the price was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priced {
    /// A version of the price list has exactly the billed prices.
    Listed,
    /// Another version of the price list has them than the one that holds for the subscription: billed by, due.
    OtherVersion(Versions),
    /// The price list has this item, but never at the billed price.
    Differently,
    /// The price list does not have this item (yet): block arithmetic is checked, the price is not.
    Unlisted,
}

/// Two versions of the price list, by the instants at which they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Versions {
    billed: DateTime<Utc>,
    due: DateTime<Utc>,
}

impl Priced {
    /// Which version was taken, and which one holds.
    pub(super) fn otherwise(&self) -> Option<String> {
        let Self::OtherVersion(Versions { billed, due }) = self else {
            return None;
        };
        Some(format!(
            "the price list of {} has this price, but that of {} holds for the subscription",
            billed.date_naive(),
            due.date_naive()
        ))
    }
}

/// The ledger's sums of the unit.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) records: i64,
    /// In the meter's unit, on this invoice.
    pub(super) quantity: Decimal,
    /// In Kill Bill's unit, on earlier invoices and on all up to this one.
    pub(super) before: Decimal,
    pub(super) total: Decimal,
    pub(super) factor: Decimal,
}

/// Usage of one unit in one period, rated.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    /// `None` when no line ever billed it.
    charge: Option<Charge>,
    subscription: Uuid,
    period: Option<(NaiveDate, NaiveDate)>,
    pub(super) unit: String,
    pub(super) sums: Sums,
    pub(super) policy: TierPolicy,
    pub(super) priced: Priced,
    pub(super) before: Rating,
    pub(super) total: Rating,
    /// On this invoice, and on earlier ones.
    billed: Vec<BilledTier>,
    earlier: Vec<BilledTier>,
}

/// The part of one tier that this invoice should bill.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) tier: u32,
    pub(super) price: Decimal,
    pub(super) block_size: Decimal,
    pub(super) portion: Decimal,
    /// What the records of this invoice add to those of earlier ones.
    pub(super) blocks: Decimal,
    /// What earlier lines left unbilled: Kill Bill writes no line for late usage below half a cent and catches up later.
    pub(super) left_over: Decimal,
}

impl Share {
    /// The metered part's money to the last digit.
    pub(super) fn value(&self) -> Decimal {
        exact(self.portion, self.price, self.block_size)
    }

    pub(super) fn money(&self) -> Decimal {
        self.blocks * self.price
    }

    pub(super) fn left_over_money(&self) -> Decimal {
        self.left_over * self.price
    }

    fn money_with_left_over(&self) -> Decimal {
        self.money() + self.left_over_money()
    }
}

/// `quantity` in blocks, times the price; eighteen decimals are far below anything that is sold.
pub(super) fn exact(quantity: Decimal, price: Decimal, block_size: Decimal) -> Decimal {
    if block_size.is_zero() {
        Decimal::ZERO
    } else {
        (quantity * price / block_size).round_dp(18)
    }
}

impl Expectation {
    pub(super) fn is_for(&self, charge: &Charge, unit: &str) -> bool {
        self.unit == unit && self.charge.as_ref() == Some(charge)
    }

    /// Whether `sum` is counted in here.
    pub(super) fn covers(&self, sum: &Metered) -> bool {
        (self.subscription, &self.unit, self.period) == (sum.subscription, &sum.unit, sum.period)
    }

    /// Unrounded money that this invoice should take for the unit.
    pub(super) fn money(&self) -> Decimal {
        self.total.amount() - self.before.amount()
    }

    /// Tier by tier what this invoice should bill (`ALL_TIERS`).
    pub(super) fn shares(&self) -> Vec<Share> {
        let own = self.shares_by(|tier| self.before.tier(tier).map_or(Decimal::ZERO, |before| before.blocks));
        let earlier = |tier| self.earlier.iter().filter(move |billed| billed.tier == tier);
        let caught_up = self.shares_by(|tier| earlier(tier).map(|billed| billed.blocks).sum());
        if self.distance_to(&caught_up) < self.distance_to(&own) {
            caught_up
        } else {
            own
        }
    }

    fn shares_by(&self, billed_before: impl Fn(u32) -> Decimal) -> Vec<Share> {
        let share = |total: &RatedTier| {
            let before = self.before.tier(total.tier);
            let blocks_before = before.map_or(Decimal::ZERO, |before| before.blocks);
            Share {
                tier: total.tier,
                price: total.block_price,
                block_size: total.block_size,
                portion: total.quantity - before.map_or(Decimal::ZERO, |before| before.quantity),
                blocks: total.blocks - blocks_before,
                left_over: blocks_before - billed_before(total.tier),
            }
        };
        self.total.tiers.iter().map(share).collect()
    }

    fn distance_to(&self, shares: &[Share]) -> Decimal {
        let expected: Decimal = shares.iter().map(Share::money_with_left_over).sum();
        (self.billed_money() - expected).abs()
    }

    fn billed_money(&self) -> Decimal {
        self.billed.iter().map(|tier| tier.blocks * tier.price).sum()
    }

    fn distance(&self) -> Decimal {
        match self.policy {
            TierPolicy::AllTiers => self.distance_to(&self.shares()),
            TierPolicy::TopTier => (self.billed_money() - self.money()).abs(),
        }
    }
}
