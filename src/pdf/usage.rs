//! The usage report as the caller describes it: per resource and meter what was used on each day and what it cost.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::document::{Party, Period};

/// Everything that is printed on a usage report. Equal values give equal bytes.
#[derive(Clone, Debug)]
pub struct UsageDocument {
    /// The invoice that the report explains.
    pub invoice_number: Option<String>,
    pub currency: String,
    /// The date of the document, not of printing.
    pub date: NaiveDate,
    pub period: Period,
    pub issuer: Party,
    pub customer: Party,
    pub resources: Vec<UsageResource>,
    /// Cost of all usage; `None` when some of it has no price yet.
    pub total: Option<Decimal>,
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct UsageResource {
    pub name: String,
    pub project: Option<String>,
    pub service: Option<String>,
    pub meters: Vec<UsageMeter>,
}

/// One meter of a resource over the period.
#[derive(Clone, Debug, Default)]
pub struct UsageMeter {
    pub name: String,
    pub unit: String,
    /// Number of hours that have a record.
    pub hours: u32,
    pub quantity: Decimal,
    pub rate: Option<Decimal>,
    pub amount: Option<Decimal>,
    /// Quantity of each day of the period, in order.
    pub days: Vec<Decimal>,
}
