//! The annual cost report as the caller describes it: for each currency groups with their totals, then the same in detail.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::document::{Fact, Party};
use crate::domain::report::GroupBy;

/// Everything that is printed on a cost report. Equal values give equal bytes.
#[derive(Clone, Debug)]
pub struct ReportDocument {
    pub grouped_by: GroupBy,
    /// The year that it covers; none for all years.
    pub year: Option<i32>,
    /// The date of the document.
    pub date: NaiveDate,
    pub issuer: Party,
    /// Whom it speaks of: a customer, or how many.
    pub about: Party,
    pub facts: Vec<Fact>,
    pub sections: Vec<ReportSection>,
}

/// One currency.
#[derive(Clone, Debug)]
pub struct ReportSection {
    pub currency: String,
    pub total: Decimal,
    /// What of the total is still to be paid, or never will be: a label with its amount each.
    pub of_it: Vec<(&'static str, Decimal)>,
    pub summary: Vec<ReportGroup>,
    pub detail: Vec<ReportGroup>,
}

/// A heading with its own total, and the rows that make it up.
#[derive(Clone, Debug)]
pub struct ReportGroup {
    pub title: String,
    pub total: Decimal,
    pub rows: Vec<(String, Decimal)>,
}
