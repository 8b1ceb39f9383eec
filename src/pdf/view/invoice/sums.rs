//! What the invoice adds up to: a row per project on page one, the totals, and what rounding did.

use rust_decimal::Decimal;
use serde::Serialize;

use super::lines::OTHER;
use crate::pdf::format::{amount, money, signed_money};
use crate::pdf::invoice::{InvoiceDocument, Status};
use crate::pdf::view::{FactView, fact};

/// With more lines, and several projects, page one sums up and the lines follow on their own pages.
const SHORT: usize = 24;
const MOST_ROUNDING: usize = 8;

#[derive(Serialize)]
pub struct SummaryRow {
    name: String,
    count: String,
    amount: String,
}

#[derive(Serialize)]
pub struct Total {
    label: String,
    value: String,
    strong: bool,
}

/// A row for each project, or nothing when the invoice is short.
pub fn summary(doc: &InvoiceDocument) -> Vec<SummaryRow> {
    if doc.projects.len() < 2 || doc.lines().count() <= SHORT {
        return Vec::new();
    }
    let row = |name: &str, count: String, sum: Decimal| SummaryRow {
        name: name.to_owned(),
        count,
        amount: amount(sum, &doc.currency),
    };
    let projects = doc.projects.iter();
    let mut rows: Vec<SummaryRow> = projects
        .map(|project| row(&project.name, project.resources.len().to_string(), project.amount()))
        .collect();
    if !doc.other.is_empty() {
        rows.push(row(OTHER, String::new(), doc.other_amount()));
    }
    rows
}

/// The closing rows; a difference between the lines and the amount charged is one of them.
pub fn totals(doc: &InvoiceDocument) -> Vec<Total> {
    let row = |label: String, value: Decimal, strong: bool| Total {
        label,
        value: money(value, &doc.currency),
        strong,
    };
    let mut rows = Vec::new();
    let difference = doc.difference();
    if !difference.is_zero() {
        rows.push(row("Sum of the lines".into(), doc.total - difference, false));
        rows.push(row("Difference to the amount charged".into(), difference, false));
    }
    rows.push(row("Total".into(), doc.total, true));
    let settled = settled(doc);
    if !settled.is_empty() {
        rows.extend(settled.into_iter().map(|(why, amount)| row(why.into(), amount, false)));
        rows.push(row("Amount due".into(), doc.due(), true));
    }
    rows
}

/// What lies between the total and what is due, named as far as it is known.
fn settled(doc: &InvoiceDocument) -> Vec<(&'static str, Decimal)> {
    let named: Decimal = doc.settled.iter().map(|(_, amount)| amount).sum();
    let rest = match doc.status {
        Status::Void => "Voided",
        Status::WrittenOff => "Written off",
        _ => "Settled otherwise",
    };
    let rows = doc
        .settled
        .iter()
        .copied()
        .chain([(rest, doc.due() - doc.total - named)]);
    rows.filter(|(_, amount)| !amount.is_zero()).collect()
}

/// The first few by name, all others in one sum.
pub fn rounding(doc: &InvoiceDocument) -> Vec<FactView> {
    let row = |name: &str, sum: Decimal| fact(name, signed_money(sum, &doc.currency));
    let named = if doc.rounding.len() > MOST_ROUNDING {
        MOST_ROUNDING - 1
    } else {
        MOST_ROUNDING
    };
    let (first, rest) = doc.rounding.split_at(named.min(doc.rounding.len()));
    let mut rows: Vec<FactView> = first.iter().map(|note| row(&note.name, note.amount)).collect();
    if !rest.is_empty() {
        rows.push(row(
            &format!("{} more lines", rest.len()),
            rest.iter().map(|note| note.amount).sum(),
        ));
    }
    rows
}
