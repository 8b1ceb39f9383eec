//! The vocabulary of a verdict: explanations, differences, and what they are about.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::kind::DiscrepancyKind;
use crate::domain::evidence::{BrokenDelivery, VanishedItem};
use crate::domain::uuid_hex::hex;
use crate::domain::words::words;

words! {
    /// What became of the check.
    pub enum Verdict = "verdict" {
        /// A draft, or the customer's invoices have not all been read yet.
        Pending = "pending",
        Balanced = "balanced",
        Discrepant = "discrepant",
    }
}

words! {
    /// Whether a discrepancy lasts.
    pub enum DiscrepancyState = "state of a discrepancy" {
        Open = "open",
        /// It lasts, and somebody of the staff accepted it as it is.
        Accepted = "accepted",
        /// It is mended.
        Closed = "closed",
    }
}

words! {
    /// The rules that may stand between metered money and billed money.
    pub enum Rounding = "rule between metered and billed money" {
        /// Kill Bill bills whole blocks. Negative when a block that is paid already covers late usage.
        BlockRounding = "block-rounding",
        /// Each item is rounded half up to the currency's smallest coin.
        CentRounding = "cent-rounding",
        /// `TOP_TIER`: late usage reached another tier, whose price holds for the whole period.
        TierRepricing = "tier-repricing",
        /// This line catches up with what earlier ones left: their cents, or late usage too small for a line.
        EarlierLines = "earlier-lines",
        /// An adjustment of this line gave back what was charged too much.
        Adjustment = "adjustment",
    }
}

/// Money that a named rule explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub kind: Rounding,
    pub amount: Decimal,
}

/// Something that does not add up. `amount` is what was charged minus what should have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub kind: DiscrepancyKind,
    pub amount: Decimal,
    pub detail: String,
}

/// A difference and what it is about; the same subject and kind is the same discrepancy as long as it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub subject: String,
    pub item: Option<Uuid>,
    /// Whose records it is about, where they are narrower than the invoice's.
    pub about: Option<About>,
    pub difference: Difference,
}

impl Finding {
    /// About no line of an invoice.
    #[must_use]
    pub const fn of(subject: String, kind: DiscrepancyKind, amount: Decimal, detail: String) -> Self {
        Self {
            subject,
            item: None,
            about: None,
            difference: Difference { kind, amount, detail },
        }
    }
}

/// The records that a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Kill Bill's id.
    pub subscription: Uuid,
    /// First day, and the first day after it; none = all.
    pub period: Option<(NaiveDate, NaiveDate)>,
}

pub(super) fn item(uuid: Uuid) -> String {
    format!("item:{}", hex(uuid))
}

pub(super) fn of_invoice(uuid: Uuid, kind: DiscrepancyKind, amount: Decimal, detail: String) -> Finding {
    Finding::of(format!("invoice:{}", hex(uuid)), kind, amount, detail)
}

/// Usage lines that vanish are missed by their records; these have none.
pub(super) fn vanished(item: &VanishedItem) -> Finding {
    Finding {
        subject: self::item(item.uuid),
        item: Some(item.uuid),
        about: None,
        difference: Difference {
            kind: DiscrepancyKind::VanishedItem,
            amount: -item.amount,
            detail: format!(
                "{} was on the invoice with {} and is not any more",
                item.name, item.amount
            ),
        },
    }
}

pub(super) fn broken(invoice: Uuid, delivery: &BrokenDelivery) -> Finding {
    let subject = format!("invoice:{}/{}/{}", hex(invoice), delivery.tracking_id, delivery.unit);
    let detail = format!(
        "the records of delivery {} no longer add up to what was sent of {}: {} too little",
        delivery.tracking_id, delivery.unit, delivery.surplus
    );
    Finding::of(subject, DiscrepancyKind::Ledger, Decimal::ZERO, detail)
}

words! {
    /// Why no invoice has taken up usage that Kill Bill has: those kinds of discrepancies.
    pub enum UnbilledKind = "kind of unbilled usage" {
        Late = "late-usage",
        Missed = "missed-usage",
        Never = "never-billed",
    }
}

impl UnbilledKind {
    /// The kind of discrepancy that it is.
    #[must_use]
    pub const fn kind(self) -> DiscrepancyKind {
        match self {
            Self::Late => DiscrepancyKind::LateUsage,
            Self::Missed => DiscrepancyKind::MissedUsage,
            Self::Never => DiscrepancyKind::NeverBilled,
        }
    }
}

/// Usage that Kill Bill took and that stands on no invoice, worth `money`.
#[must_use]
pub fn unbilled(kind: UnbilledKind, delivery: Uuid, unit: &str, money: Decimal, detail: String) -> Finding {
    let subject = format!("delivery:{}/{unit}", hex(delivery));
    Finding::of(subject, kind.kind(), -money, detail)
}

/// Usage that Kill Bill was offered again and again without taking it, or of which its sums do not tell whether it did,
/// worth `money`.
#[must_use]
pub fn undelivered(kind: DiscrepancyKind, delivery: Uuid, money: Decimal, detail: String) -> Finding {
    Finding::of(format!("delivery:{}", hex(delivery)), kind, -money, detail)
}

/// A few of many names, so that a text stays readable.
pub(super) fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        format!("{shown} and {} more", names.len() - SHOWN)
    } else {
        shown
    }
}
