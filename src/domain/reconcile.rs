//! Does an invoice follow from the ledger? Every line is rated again from its records; what the named rules of rounding
//! do not explain is a difference. Pure: facts in, verdict out.
//!
//! Late usage: Kill Bill bills the blocks of the whole period minus the blocks billed before, so a line is compared with
//! `rating(all usage up to this invoice) − rating(all usage on earlier invoices)`, tier by tier.

mod account;
mod expectation;
mod finding;
mod kind;
mod line;
mod obstructed;
mod settled;

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use uuid::Uuid;

use super::evidence::{BilledTier, InvoiceFacts, Metered, UsageLine};
use super::invoice::InvoiceStatus;
pub use account::{Account, invoicing_off, no_usage, not_invoiced, parked};
use expectation::Expectation;
pub use finding::{
    About, Difference, DiscrepancyState, Explanation, Finding, Rounding, UnbilledKind, Verdict, unbilled, undelivered,
};
pub use kind::DiscrepancyKind;
pub use line::LineCheck;
pub use obstructed::{Obstructed, obstructed};

/// What the check of an invoice found.
#[derive(Clone, Debug)]
pub struct InvoiceCheck {
    pub verdict: Verdict,
    /// One per usage line, in the order of the facts, then one per charge and credit of ours.
    pub lines: Vec<LineCheck>,
    /// Everything that does not add up, lines included. Amounts: what was charged minus what should have been.
    pub findings: Vec<Finding>,
}

/// One subscription's share of an invoice: nothing beyond it matters to its lines.
struct Scope<'a> {
    facts: &'a InvoiceFacts,
    lines: Vec<&'a UsageLine>,
    /// Lines that bill what another one of the same invoice bills already.
    repeated: Vec<&'a UsageLine>,
    earlier: Vec<&'a UsageLine>,
    metered: Vec<&'a Metered>,
}

/// Checks one invoice.
#[must_use]
pub fn check(facts: &InvoiceFacts) -> InvoiceCheck {
    if facts.status == InvoiceStatus::Void {
        return void(facts);
    }
    let (mut lines, mut findings, mut foreign_told) = (Vec::new(), Vec::new(), false);
    for scope in scopes(facts).values() {
        let units = expectations(scope);
        let checked: Vec<line::Checked> = scope
            .lines
            .iter()
            .map(|line| line::check(line, scope, &units))
            .collect();
        let repeated: Vec<LineCheck> = scope.repeated.iter().map(|line| LineCheck::repeated(line)).collect();
        findings.extend(
            checked
                .iter()
                .map(|checked| &checked.line)
                .chain(&repeated)
                .flat_map(findings_of_line),
        );
        findings.extend(units.iter().flat_map(|unit| unit.not_billed(scope)));
        foreign_told |= checked.iter().any(|checked| checked.foreign);
        lines.extend(checked.into_iter().map(|checked| checked.line).chain(repeated));
    }
    let settled: Vec<LineCheck> = facts
        .settled
        .iter()
        .map(|line| settled::check(line, &facts.currency))
        .collect();
    findings.extend(settled.iter().flat_map(findings_of_line));
    findings.extend(settled::strangers(facts));
    findings.extend(facts.vanished.iter().map(finding::vanished));
    findings.extend(sum(facts));
    findings.extend(foreign(facts, foreign_told));
    findings.extend(
        facts
            .broken
            .iter()
            .map(|delivery| finding::broken(facts.uuid, delivery)),
    );
    InvoiceCheck {
        verdict: verdict(facts, &findings),
        lines: in_order(facts, lines).into_iter().chain(settled).collect(),
        findings,
    }
}

/// Nothing is owed: Kill Bill took its usage back, and bills it again elsewhere. Until it did, money is missing.
fn void(facts: &InvoiceFacts) -> InvoiceCheck {
    let missing = (facts.unclaimed.deliveries > 0).then(|| {
        let detail = format!(
            "the invoice was voided, and the usage of {} of its deliveries is on no other invoice yet",
            facts.unclaimed.deliveries
        );
        finding::of_invoice(
            facts.uuid,
            DiscrepancyKind::VoidNotReinvoiced,
            -facts.unclaimed.amount,
            detail,
        )
    });
    InvoiceCheck {
        verdict: missing.as_ref().map_or(Verdict::Balanced, |_| Verdict::Discrepant),
        lines: facts.lines.iter().map(LineCheck::void).collect(),
        findings: missing.into_iter().collect(),
    }
}

fn verdict(facts: &InvoiceFacts, findings: &[Finding]) -> Verdict {
    match facts.status {
        InvoiceStatus::Draft => Verdict::Pending,
        _ if !facts.complete => Verdict::Pending,
        _ if findings.is_empty() => Verdict::Balanced,
        _ => Verdict::Discrepant,
    }
}

fn scopes(facts: &InvoiceFacts) -> BTreeMap<Uuid, Scope<'_>> {
    let mut scopes = BTreeMap::new();
    macro_rules! of {
        ($subscription:expr) => {
            scopes.entry($subscription).or_insert_with(|| Scope {
                facts,
                lines: vec![],
                repeated: vec![],
                earlier: vec![],
                metered: vec![],
            })
        };
    }
    facts
        .lines
        .iter()
        .for_each(|line| of!(line.charge.subscription).take(line));
    facts
        .earlier
        .iter()
        .for_each(|line| of!(line.charge.subscription).earlier.push(line));
    facts
        .metered
        .iter()
        .for_each(|sum| of!(sum.subscription).metered.push(sum));
    scopes
}

impl<'a> Scope<'a> {
    fn take(&mut self, line: &'a UsageLine) {
        let same_tier = |other: &&&UsageLine| {
            let both = |tier: &BilledTier| {
                other
                    .tiers
                    .iter()
                    .any(|theirs| (&theirs.unit, theirs.tier) == (&tier.unit, tier.tier))
            };
            other.charge == line.charge && line.tiers.iter().any(both)
        };
        if self.lines.iter().any(|other| same_tier(&other)) {
            self.repeated.push(line);
        } else {
            self.lines.push(line);
        }
    }
}

fn in_order(facts: &InvoiceFacts, lines: Vec<LineCheck>) -> Vec<LineCheck> {
    let mut by_item: HashMap<Uuid, LineCheck> = lines.into_iter().map(|line| (line.item, line)).collect();
    facts
        .lines
        .iter()
        .filter_map(|line| by_item.remove(&line.item))
        .collect()
}

/// One expectation per unit and period that this invoice bills or should have billed.
fn expectations(scope: &Scope) -> Vec<Expectation> {
    let mut units: Vec<Expectation> = Vec::new();
    for line in &scope.lines {
        for tier in &line.tiers {
            if !units.iter().any(|known| known.is_for(&line.charge, &tier.unit)) {
                units.push(Expectation::of_line(&line.charge, &tier.unit, scope));
            }
        }
    }
    for sum in scope.metered.iter().filter(|sum| sum.now) {
        if !units.iter().any(|known| known.covers(sum)) {
            units.push(Expectation::without_a_line(sum, scope));
        }
    }
    units
}

fn findings_of_line(line: &LineCheck) -> Vec<Finding> {
    let found = |difference: &Difference| Finding {
        subject: finding::item(line.item),
        item: Some(line.item),
        about: None,
        difference: difference.clone(),
    };
    line.differences.iter().map(found).collect()
}

fn sum(facts: &InvoiceFacts) -> Option<Finding> {
    let difference = facts.amount - facts.items_sum;
    (!difference.is_zero()).then(|| {
        let detail = format!(
            "Kill Bill's amount is {} but its items add up to {}",
            facts.amount, facts.items_sum
        );
        finding::of_invoice(facts.uuid, DiscrepancyKind::Sum, difference, detail)
    })
}

/// Foreign usage that changed a line is told with that line's money; what changed nothing is still told, once.
fn foreign(facts: &InvoiceFacts, told: bool) -> Option<Finding> {
    (!facts.foreign.is_empty() && !told).then(|| {
        let detail = format!(
            "tracking ids that this service never sent: {}",
            finding::some_of(&facts.foreign)
        );
        finding::of_invoice(facts.uuid, DiscrepancyKind::ForeignTrackingId, Decimal::ZERO, detail)
    })
}
