//! Invoices and their items in our words: Kill Bill's item types, grouped by what a reader wants to know of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a line is, for people and for documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    Usage,
    Recurring,
    Fixed,
    Charge,
    Credit,
    Adjustment,
    Tax,
    Other,
}

impl ItemKind {
    /// The kind of a Kill Bill item type. A later Kill Bill's new types are `Other`, never lost.
    #[must_use]
    pub fn of(item_type: &str) -> Self {
        match item_type {
            "USAGE" => Self::Usage,
            "RECURRING" => Self::Recurring,
            "FIXED" => Self::Fixed,
            "EXTERNAL_CHARGE" => Self::Charge,
            // CREDIT_ADJ gives a credit, CBA_ADJ moves it to and from the account: both are money that nobody was charged.
            "CREDIT_ADJ" | "CBA_ADJ" => Self::Credit,
            "ITEM_ADJ" | "REPAIR_ADJ" => Self::Adjustment,
            "TAX" => Self::Tax,
            _ => Self::Other,
        }
    }

    /// The word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Recurring => "recurring",
            Self::Fixed => "fixed",
            Self::Charge => "charge",
            Self::Credit => "credit",
            Self::Adjustment => "adjustment",
            Self::Tax => "tax",
            Self::Other => "other",
        }
    }

    /// Whether Kill Bill counts the item into the invoice's `amount`. Credits touch the balance alone (killbill.md 6.2, 13.6).
    #[must_use]
    pub const fn counts_into_amount(self) -> bool {
        !matches!(self, Self::Credit)
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Kill Bill's states of an invoice. Paid is not one of them: see [`super::standing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceStatus {
    Draft,
    Committed,
    Void,
}

impl InvoiceStatus {
    /// Reads Kill Bill's word. An unknown one counts as committed: it may be owed, so it is looked at.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word {
            "DRAFT" => Self::Draft,
            "VOID" => Self::Void,
            _ => Self::Committed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_type_has_a_kind() {
        for (item_type, word, counts) in [
            ("USAGE", "usage", true),
            ("RECURRING", "recurring", true),
            ("FIXED", "fixed", true),
            ("EXTERNAL_CHARGE", "charge", true),
            ("CREDIT_ADJ", "credit", false),
            ("CBA_ADJ", "credit", false),
            ("ITEM_ADJ", "adjustment", true),
            ("REPAIR_ADJ", "adjustment", true),
            ("TAX", "tax", true),
            ("PARENT_SUMMARY", "other", true),
            ("SOMETHING_NEW", "other", true),
        ] {
            let kind = ItemKind::of(item_type);
            assert_eq!((kind.word(), kind.counts_into_amount()), (word, counts), "{item_type}");
        }
    }
}
