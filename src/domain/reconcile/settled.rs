//! A line of ours, a charge or a credit told by its mark, against the records that it settles.
//! As for usage lines: `amount = metered_value + Σ explained + Σ differences`.

use rust_decimal::Decimal;

use super::finding::{self, Difference, Explanation, Finding, Rounding};
use super::kind::DiscrepancyKind;
use super::line::LineCheck;
use crate::domain::evidence::{InvoiceFacts, SettledLine};
use crate::domain::money::round;

/// Checks one of them.
#[must_use]
pub(super) fn check(line: &SettledLine, currency: &str) -> LineCheck {
    let unchanged = line.recorded == line.quantity && line.records == line.records_then;
    let metered = if unchanged { line.metered() } else { line.value };
    let explained = [
        (Rounding::BlockRounding, line.value - metered),
        (Rounding::EarlierLines, line.total - line.value - line.moved),
        (Rounding::CentRounding, line.settled_amount + line.moved - line.total),
    ];
    let explained = explained.into_iter().filter(|(_, amount)| !amount.is_zero());
    LineCheck {
        item: line.item,
        records: line.records,
        quantity: Some(line.recorded.normalize()),
        billed_quantity: Some(line.quantity.normalize()),
        rate: line.rate,
        amount: line.amount,
        metered_value: metered,
        explained: explained
            .map(|(kind, amount)| Explanation {
                kind,
                amount: amount.normalize(),
            })
            .collect(),
        differences: differences(line, unchanged, currency),
    }
}

/// The money of what is wrong; broken records are told without any, the line was posted as it was fixed.
fn differences(line: &SettledLine, unchanged: bool, currency: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut tell = |kind, amount: Decimal, detail| {
        found.push(Difference {
            kind,
            amount: amount.normalize(),
            detail,
        });
    };
    let off = line.amount - line.settled_amount;
    if !line.own {
        let detail = format!("{} was posted already ({})", line.name, line.mark);
        tell(DiscrepancyKind::DoubleCharge, line.amount, detail);
    } else if !off.is_zero() {
        let detail = format!(
            "{} is {} where {} was settled",
            line.name, line.amount, line.settled_amount
        );
        tell(DiscrepancyKind::Amount, off, detail);
    }
    let rated = round(line.total, currency) - line.moved;
    if rated != line.settled_amount {
        let detail = format!(
            "{} was settled as {} where its records make {rated}",
            line.name, line.settled_amount
        );
        tell(DiscrepancyKind::Amount, Decimal::ZERO, detail);
    }
    if !unchanged {
        let detail = format!(
            "the records of {} no longer add up to what was settled: {} in {} records instead of {} in {}",
            line.name, line.recorded, line.records, line.quantity, line.records_then
        );
        tell(DiscrepancyKind::Ledger, Decimal::ZERO, detail);
    }
    found
}

/// Items with a mark of ours that no settlement of this ledger has.
pub(super) fn strangers(facts: &InvoiceFacts) -> Option<Finding> {
    let marks: Vec<String> = facts.strange_marks.iter().map(|(mark, _)| mark.clone()).collect();
    let amount = facts.strange_marks.iter().map(|(_, amount)| *amount).sum();
    (!marks.is_empty()).then(|| {
        let detail = format!(
            "settlements that this ledger does not know: {}",
            finding::some_of(&marks)
        );
        finding::of_invoice(facts.uuid, DiscrepancyKind::UnknownSettlement, amount, detail)
    })
}
