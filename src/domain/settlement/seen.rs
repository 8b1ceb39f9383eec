//! What a read-back of an account's invoices says about a settlement. Drafts move no money, so a surplus one is harmless
//! until somebody commits it; a mark on a committed invoice is done.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Mark;
use crate::domain::invoice::InvoiceStatus;

/// An invoice of Kill Bill's with marks of ours.
#[derive(Clone, Debug)]
pub struct SeenInvoice {
    pub id: Uuid,
    /// Kill Bill's numbers count up: the first draft is the one to keep.
    pub number: u64,
    pub status: InvoiceStatus,
    pub marks: Vec<Mark>,
}

impl SeenInvoice {
    fn has(&self, mark: &str) -> bool {
        self.marks.iter().any(|seen| seen.mark == mark)
    }

    /// How often each line of the settlement stands on it; the line of nothing that opens a draft does not count.
    #[must_use]
    pub fn lines(&self, mark: &str) -> BTreeMap<i32, usize> {
        let mut lines = BTreeMap::new();
        for seen in self.marks.iter().filter(|seen| seen.mark == mark && seen.line > 0) {
            *lines.entry(seen.line).or_default() += 1;
        }
        lines
    }
}

/// Where a settlement was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Nowhere,
    /// On a draft; `surplus` are further drafts with the same mark.
    Draft {
        id: Uuid,
        surplus: Vec<Uuid>,
    },
    /// On a committed invoice; `surplus` are drafts, `twice` are further committed ones.
    Committed {
        id: Uuid,
        surplus: Vec<Uuid>,
        twice: Vec<Uuid>,
    },
}

/// Looks for `mark`; `own` is the invoice that is known to be the settlement's, if any.
#[must_use]
pub fn look_for(mark: &str, own: Option<Uuid>, invoices: &[SeenInvoice]) -> Found {
    let of = |status| {
        let mut found: Vec<&SeenInvoice> = invoices
            .iter()
            .filter(|invoice| invoice.status == status && invoice.has(mark))
            .collect();
        // Its own first, then the oldest.
        found.sort_by_key(|invoice| (Some(invoice.id) != own, invoice.number));
        found.into_iter().map(|invoice| invoice.id).collect::<Vec<_>>()
    };
    let (drafts, committed) = (of(InvoiceStatus::Draft), of(InvoiceStatus::Committed));
    match (committed.split_first(), drafts.split_first()) {
        (Some((id, twice)), _) => Found::Committed {
            id: *id,
            surplus: drafts.clone(),
            twice: twice.to_vec(),
        },
        (None, Some((id, surplus))) => Found::Draft {
            id: *id,
            surplus: surplus.to_vec(),
        },
        (None, None) => Found::Nowhere,
    }
}

/// Marks of `month` on drafts and committed invoices that `known` does not have: written by a ledger that was lost since.
#[must_use]
pub fn strangers(month: &str, known: &BTreeSet<String>, invoices: &[SeenInvoice]) -> BTreeSet<String> {
    let standing = invoices.iter().filter(|invoice| invoice.status != InvoiceStatus::Void);
    standing
        .flat_map(|invoice| &invoice.marks)
        .filter(|mark| mark.month == month && !known.contains(&mark.mark))
        .map(|mark| mark.mark.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(number: u64, status: InvoiceStatus, mark: &str) -> SeenInvoice {
        let mark = Mark::parse(&format!(
            r#"{{"mark":"ncb-settlement:{mark}","month":"2027-05","line":1,"of":1}}"#
        ));
        SeenInvoice {
            id: Uuid::from_u128(number.into()),
            number,
            status,
            marks: mark.into_iter().collect(),
        }
    }

    #[test]
    fn one_draft_is_kept_and_the_others_are_surplus() {
        use InvoiceStatus::{Committed, Draft, Void};
        let id = |number: u128| Uuid::from_u128(number);
        let seen = [
            invoice(1, Void, "a"),
            invoice(9, Draft, "a"),
            invoice(10, Draft, "a"),
            invoice(2, Draft, "b"),
        ];
        let found = |own| look_for("ncb-settlement:a", own, &seen);
        assert_eq!(
            found(None),
            Found::Draft {
                id: id(9),
                surplus: vec![id(10)]
            }
        );
        assert_eq!(
            found(Some(id(10))),
            Found::Draft {
                id: id(10),
                surplus: vec![id(9)]
            }
        );
        assert_eq!(look_for("ncb-settlement:c", None, &seen), Found::Nowhere);
        let committed = [
            invoice(3, Committed, "a"),
            invoice(4, Draft, "a"),
            invoice(5, Committed, "a"),
        ];
        assert_eq!(
            look_for("ncb-settlement:a", None, &committed),
            Found::Committed {
                id: id(3),
                surplus: vec![id(4)],
                twice: vec![id(5)]
            }
        );
    }

    #[test]
    fn a_mark_that_the_ledger_does_not_know_is_a_stranger_in_its_month_only() {
        let seen = [
            invoice(1, InvoiceStatus::Committed, "a"),
            invoice(2, InvoiceStatus::Void, "b"),
            invoice(3, InvoiceStatus::Draft, "c"),
        ];
        let known = BTreeSet::from(["ncb-settlement:a".to_owned()]);
        let found = strangers("2027-05", &known, &seen);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["ncb-settlement:c"]);
        assert!(strangers("2027-06", &known, &seen).is_empty());
    }
}
