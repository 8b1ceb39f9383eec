//! The vocabulary of a verdict: explanations, differences, and what to do about them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::evidence::BrokenDelivery;
use crate::domain::uuid_hex::hex;

/// What became of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A draft, or the customer's invoices have not all been read yet.
    Pending,
    Balanced,
    Discrepant,
}

impl Verdict {
    /// The word in the API and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Balanced => "balanced",
            Self::Discrepant => "discrepant",
        }
    }
}

/// The rules that may stand between metered money and billed money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// Kill Bill bills whole blocks. Negative when a block that is paid already covers late usage.
    BlockRounding,
    /// Each item is rounded half up to the currency's smallest coin.
    CentRounding,
    /// `TOP_TIER`: late usage reached another tier, whose price holds for the whole period.
    TierRepricing,
    /// This line catches up with what earlier ones left: their cents, or late usage too small for a line.
    EarlierLines,
    /// An adjustment of this line gave back what was charged too much.
    Adjustment,
}

/// Money that a named rule explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub kind: Rounding,
    pub amount: Decimal,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Quantity,
    ForeignTrackingId,
    MissingLine,
    UnknownRate,
    UnknownSubscription,
    DoubleCharge,
    BeyondLastTier,
    Amount,
    Sum,
    Ledger,
    NeverBilled,
    UnknownSettlement,
    SettlementMissing,
    Undelivered,
}

impl Kind {
    /// The word in the API and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Quantity => "quantity",
            Self::ForeignTrackingId => "foreign-tracking-id",
            Self::MissingLine => "missing-line",
            Self::UnknownRate => "unknown-rate",
            Self::UnknownSubscription => "unknown-subscription",
            Self::DoubleCharge => "double-charge",
            Self::BeyondLastTier => "beyond-last-tier",
            Self::Amount => "amount",
            Self::Sum => "sum",
            Self::Ledger => "ledger",
            Self::NeverBilled => "never-billed",
            Self::UnknownSettlement => "unknown-settlement",
            Self::SettlementMissing => "settlement-missing",
            Self::Undelivered => "undelivered",
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::Quantity => {
                "Compare the line's evidence with Kill Bill's usage of the subscription; adjust the item by the amount."
            }
            Self::ForeignTrackingId => {
                "Find out who else records usage for this subscription, stop it, and adjust the item by the amount."
            }
            Self::MissingLine => {
                "Charge the amount by an external charge, or void the invoice and let Kill Bill bill the period again."
            }
            Self::UnknownRate => {
                "Pull the price list. If the price stays unknown, look for a price override on the subscription."
            }
            Self::UnknownSubscription => {
                "The account has a subscription that this service did not create: move it, or expect it here."
            }
            Self::DoubleCharge => {
                "Kill Bill in DETAIL mode charges late usage of a TOP_TIER price in full: adjust the item by the amount."
            }
            Self::BeyondLastTier => {
                "Give the last tier of the price no limit (max -1); charge the usage above it by an external charge."
            }
            Self::Amount | Self::Sum => "Read the invoice again; if it stays, report it to whoever runs Kill Bill.",
            Self::Ledger => "Records of a sent delivery were changed in the database: restore them.",
            Self::UnknownSettlement => {
                "Compare it with the records: an older backup may have lost the settlement. Void the invoice if they are settled elsewhere."
            }
            Self::SettlementMissing => "Retry the settlement, or put its invoice back in Kill Bill.",
            Self::NeverBilled => "Kill Bill no longer bills this period: settle the amount by an external charge.",
            Self::Undelivered => {
                "Read the delivery's answers and Kill Bill's log of that time, and mend what is wrong there. It is looked up \
                 and tried again by itself, ever more rarely."
            }
        }
    }
}

/// Something that does not add up. `amount` is what was charged minus what should have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub kind: Kind,
    pub amount: Decimal,
    pub detail: String,
}

/// A difference and what it is about; the same subject and kind is the same discrepancy as long as it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub subject: String,
    pub item: Option<Uuid>,
    pub difference: Difference,
}

pub(super) fn item(uuid: Uuid) -> String {
    format!("item:{}", hex(uuid))
}

pub(super) fn of_invoice(uuid: Uuid, kind: Kind, amount: Decimal, detail: String) -> Finding {
    Finding {
        subject: format!("invoice:{}", hex(uuid)),
        item: None,
        difference: Difference { kind, amount, detail },
    }
}

pub(super) fn broken(invoice: Uuid, delivery: &BrokenDelivery) -> Finding {
    let subject = format!("invoice:{}/{}/{}", hex(invoice), delivery.tracking_id, delivery.unit);
    let detail = format!(
        "the records of delivery {} no longer add up to what was sent of {}: {} too little",
        delivery.tracking_id, delivery.unit, delivery.surplus
    );
    Finding {
        subject,
        item: None,
        difference: Difference {
            kind: Kind::Ledger,
            amount: Decimal::ZERO,
            detail,
        },
    }
}

/// Usage that Kill Bill took and will never bill, worth `money`.
#[must_use]
pub fn never_billed(delivery: Uuid, unit: &str, money: Decimal, detail: String) -> Finding {
    let subject = format!("delivery:{}/{unit}", hex(delivery));
    Finding {
        subject,
        item: None,
        difference: Difference {
            kind: Kind::NeverBilled,
            amount: -money,
            detail,
        },
    }
}

/// Usage that Kill Bill was offered again and again without taking it, worth `money`.
#[must_use]
pub fn undelivered(delivery: Uuid, money: Decimal, detail: String) -> Finding {
    Finding {
        subject: format!("delivery:{}", hex(delivery)),
        item: None,
        difference: Difference {
            kind: Kind::Undelivered,
            amount: -money,
            detail,
        },
    }
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
