//! Invoices and their items in our words: Kill Bill's item types, grouped by what a reader wants to know of them.

use crate::domain::words::words;

words! {
    /// What a line is, for people and for documents.
    pub enum ItemKind = "kind of line" {
        Usage = "usage",
        Recurring = "recurring",
        Fixed = "fixed",
        Charge = "charge",
        Credit = "credit",
        Adjustment = "adjustment",
        Tax = "tax",
        Other = "other",
    }
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

    /// Whether Kill Bill counts the item into the invoice's `amount`. Credits touch the balance alone (killbill.md 6.2, 13.6).
    #[must_use]
    pub const fn counts_into_amount(self) -> bool {
        !matches!(self, Self::Credit)
    }
}

words! {
    /// Kill Bill's states of an invoice, in its words. Paid is not one of them: see [`super::standing`].
    pub enum InvoiceStatus = "status of an invoice" {
        Draft = "DRAFT",
        Committed = "COMMITTED",
        Void = "VOID",
    }
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
