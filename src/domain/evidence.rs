//! What is known about one invoice when it is checked: its lines as Kill Bill wrote them, and what the ledger recorded
//! behind them. Plain values; `db` gathers them, `reconcile` compares them.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::invoice::InvoiceStatus;
use super::price::{Tariff, Tier, TierPolicy};
use super::timeline::UnitTerms;

/// One tier of one unit on a usage line, as Kill Bill wrote it: `quantity` there counts blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledTier {
    pub tier: u32,
    pub unit: String,
    pub price: Decimal,
    pub block_size: Decimal,
    pub blocks: Decimal,
    /// Unrounded.
    pub amount: Decimal,
}

/// What Kill Bill rates together: a usage section of a subscription in one billing period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Charge {
    pub subscription: Uuid,
    pub plan: String,
    pub usage: String,
    pub start: NaiveDate,
    /// The first day after it.
    pub end: NaiveDate,
}

/// A usage line: one of a charge in AGGREGATE mode, one per unit and tier in DETAIL mode.
#[derive(Clone, Debug)]
pub struct UsageLine {
    pub item: Uuid,
    pub name: String,
    pub charge: Charge,
    /// Rounded, as owed.
    pub amount: Decimal,
    pub tiers: Vec<BilledTier>,
    /// Sum of the adjustments of this very line; negative when money was given back.
    pub adjusted: Decimal,
    /// Whether the subscription is one of ours.
    pub ours: bool,
}

/// The ledger's sum for one unit of a subscription in one billing period.
#[derive(Clone, Debug)]
pub struct Metered {
    pub subscription: Uuid,
    pub unit: String,
    /// `None` when no line of any invoice covers the hours.
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// On this invoice, as opposed to earlier ones.
    pub now: bool,
    /// Kill Bill's units in one unit of the meter.
    pub factor: Decimal,
    pub records: i64,
    /// In the meter's unit, every digit.
    pub quantity: Decimal,
    /// In Kill Bill's unit.
    pub amount: Decimal,
}

/// Kill Bill's units in one unit of the meter, as the unit's name tells it: a minute unit counts sixty to the hour.
#[must_use]
pub fn factor_of(unit: &str) -> Decimal {
    if unit.starts_with("minute-of-") {
        Decimal::from(60)
    } else {
        Decimal::ONE
    }
}

/// A delivery whose records no longer add up to what was sent.
#[derive(Clone, Debug)]
pub struct BrokenDelivery {
    pub tracking_id: String,
    pub unit: String,
    /// Sent minus recorded, in the meter's unit.
    pub surplus: Decimal,
}

/// A charge or credit of ours, as Kill Bill has it, as it was settled, and as its records are now.
#[derive(Clone, Debug)]
pub struct SettledLine {
    pub item: Uuid,
    pub name: String,
    pub mark: String,
    /// On the invoice that the settlement was posted on, and the first there.
    pub own: bool,
    /// Kill Bill's.
    pub amount: Decimal,
    pub settled_amount: Decimal,
    /// Of the records when it was settled: how many, their sum, and what it is worth (see `domain::settlement`).
    pub records_then: i64,
    pub quantity: Decimal,
    pub value: Decimal,
    pub total: Decimal,
    pub moved: Decimal,
    pub rate: Option<Decimal>,
    pub monthly: Option<Decimal>,
    pub divisor: Option<Decimal>,
    /// Of the records as they are.
    pub records: i64,
    pub recorded: Decimal,
}

impl SettledLine {
    /// Records × price, unrounded. Where the price has several tiers, what these make.
    #[must_use]
    pub fn metered(&self) -> Decimal {
        match (self.monthly, self.divisor, self.rate) {
            (Some(monthly), Some(divisor), _) if !divisor.is_zero() => self.recorded * monthly / divisor,
            (None, _, Some(rate)) => self.recorded * rate,
            _ => self.value,
        }
    }
}

/// An item that is not for usage and that Kill Bill no longer lists.
#[derive(Clone, Debug)]
pub struct VanishedItem {
    pub uuid: Uuid,
    pub name: String,
    pub amount: Decimal,
}

/// What a voided invoice billed and no other invoice bills.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unclaimed {
    pub deliveries: i64,
    /// Of the subscriptions of these deliveries, as the voided invoice had it.
    pub amount: Decimal,
}

/// What the subscription's timeline says of a charge: the price that is due for it.
#[derive(Clone, Debug)]
pub struct ChargeTerms {
    pub charge: Charge,
    /// The catalog version, by its effective date.
    pub version: DateTime<Utc>,
    pub policy: TierPolicy,
    pub units: Vec<UnitTerms>,
}

impl ChargeTerms {
    /// The tiers of a unit.
    #[must_use]
    pub fn tiers(&self, unit: &str) -> Option<&[Tier]> {
        self.units
            .iter()
            .find(|terms| terms.unit == unit)
            .map(|terms| terms.tiers.as_slice())
    }
}

/// Everything that the check of one invoice looks at.
#[derive(Clone, Debug)]
pub struct InvoiceFacts {
    pub uuid: Uuid,
    pub status: InvoiceStatus,
    pub currency: String,
    pub amount: Decimal,
    /// Sum of the items that Kill Bill counts into the amount.
    pub items_sum: Decimal,
    /// Whether all of the customer's invoices have been read: before that, earlier lines may be missing here.
    pub complete: bool,
    pub lines: Vec<UsageLine>,
    /// Usage lines of the same subscriptions on earlier invoices that were not voided.
    pub earlier: Vec<UsageLine>,
    pub metered: Vec<Metered>,
    /// What is due, by the timelines of the subscriptions.
    pub terms: Vec<ChargeTerms>,
    /// All prices that the plans ever had, newest first: what a line was billed by where it is not what is due.
    pub tariffs: Vec<Tariff>,
    /// Plans of our subscriptions, for usage that has no line to name its plan.
    pub plans: Vec<(Uuid, String)>,
    /// Tracking ids on the invoice that none of our deliveries has.
    pub foreign: Vec<String>,
    pub broken: Vec<BrokenDelivery>,
    /// Charges and credits that carry our mark.
    pub settled: Vec<SettledLine>,
    /// Marks of ours that no settlement of this ledger has, with the money of their items.
    pub strange_marks: Vec<(String, Decimal)>,
    pub vanished: Vec<VanishedItem>,
    /// Of a voided invoice.
    pub unclaimed: Unclaimed,
}
