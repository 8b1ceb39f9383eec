//! Does an invoice follow from the ledger? Every line is rated again from its records; what the named rules of rounding
//! do not explain is a difference. Pure: facts in, verdict out.
//!
//! Late usage: Kill Bill bills the blocks of the whole period minus the blocks billed before, so a line is compared with
//! `rating(all usage up to this invoice) − rating(all usage on earlier invoices)`, tier by tier.

mod expectation;
mod finding;
mod line;

use rust_decimal::Decimal;

use super::evidence::InvoiceFacts;
use super::invoice::InvoiceStatus;
use expectation::Expectation;
pub use finding::{Difference, Explanation, Finding, Kind, Rounding, Verdict};
pub use line::LineCheck;

/// What the check of an invoice found.
#[derive(Clone, Debug)]
pub struct InvoiceCheck {
    pub verdict: Verdict,
    /// One per usage line, in the order of the facts.
    pub lines: Vec<LineCheck>,
    /// Everything that does not add up, lines included. Amounts: what was charged minus what should have been.
    pub findings: Vec<Finding>,
}

/// Checks one invoice.
#[must_use]
pub fn check(facts: &InvoiceFacts) -> InvoiceCheck {
    if facts.status == InvoiceStatus::Void {
        // Nothing is owed: Kill Bill took its usage back and bills it again elsewhere.
        let lines = facts.lines.iter().map(LineCheck::void).collect();
        return InvoiceCheck {
            verdict: Verdict::Balanced,
            lines,
            findings: Vec::new(),
        };
    }
    let units = expectations(facts);
    let checked: Vec<line::Checked> = facts
        .lines
        .iter()
        .map(|line| line::check(line, facts, &units))
        .collect();
    let mut findings = findings_of_lines(facts, &checked);
    findings.extend(sum(facts));
    findings.extend(foreign(facts, &checked));
    findings.extend(units.iter().flat_map(|unit| unit.not_billed(facts)));
    findings.extend(
        facts
            .broken
            .iter()
            .map(|delivery| finding::broken(facts.uuid, delivery)),
    );
    let verdict = match facts.status {
        InvoiceStatus::Draft => Verdict::Pending,
        _ if !facts.complete => Verdict::Pending,
        _ if findings.is_empty() => Verdict::Balanced,
        _ => Verdict::Discrepant,
    };
    InvoiceCheck {
        verdict,
        lines: checked.into_iter().map(|checked| checked.line).collect(),
        findings,
    }
}

/// One expectation per unit and period that this invoice bills or should have billed.
fn expectations(facts: &InvoiceFacts) -> Vec<Expectation> {
    let mut units: Vec<Expectation> = Vec::new();
    for line in &facts.lines {
        for tier in &line.tiers {
            if !units.iter().any(|known| known.is_for(&line.charge, &tier.unit)) {
                units.push(Expectation::of_line(&line.charge, &tier.unit, facts));
            }
        }
    }
    for sum in facts.metered.iter().filter(|sum| sum.now) {
        if !units.iter().any(|known| known.covers(sum)) {
            units.push(Expectation::without_a_line(sum, facts));
        }
    }
    units
}

fn findings_of_lines(facts: &InvoiceFacts, checked: &[line::Checked]) -> Vec<Finding> {
    let of_line = |checked: &line::Checked| {
        let subject = finding::item(checked.line.item);
        let item = Some(checked.line.item);
        let about = checked.line.differences.clone().into_iter();
        about
            .map(move |difference| Finding {
                subject: subject.clone(),
                item,
                difference,
            })
            .collect::<Vec<_>>()
    };
    debug_assert!(checked.len() == facts.lines.len());
    checked.iter().flat_map(of_line).collect()
}

fn sum(facts: &InvoiceFacts) -> Option<Finding> {
    let difference = facts.amount - facts.items_sum;
    (!difference.is_zero()).then(|| {
        let detail = format!(
            "Kill Bill's amount is {} but its items add up to {}",
            facts.amount, facts.items_sum
        );
        finding::of_invoice(facts.uuid, Kind::Sum, difference, detail)
    })
}

/// Foreign usage that changed a line is told with that line's money; what changed nothing is still told, once.
fn foreign(facts: &InvoiceFacts, checked: &[line::Checked]) -> Option<Finding> {
    let told = checked.iter().any(|checked| checked.foreign);
    (!facts.foreign.is_empty() && !told).then(|| {
        let detail = format!(
            "tracking ids that this service never sent: {}",
            finding::some_of(&facts.foreign)
        );
        finding::of_invoice(facts.uuid, Kind::ForeignTrackingId, Decimal::ZERO, detail)
    })
}
