//! Hours that something keeps from Kill Bill as a discrepancy, with their worth.

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{DiscrepancyKind, Finding};
use crate::domain::uuid_hex::hex;

/// What is kept from Kill Bill, and by what.
#[derive(Clone, Debug)]
pub struct Obstructed<'a> {
    pub customer: (Uuid, &'a str),
    /// With the plan; none: everything of the customer.
    pub resource: Option<(Uuid, &'a str, &'a str)>,
    pub reason: &'a str,
    pub since: DateTime<Utc>,
    pub attempts: i32,
    pub records: i64,
    pub worth: Decimal,
}

/// The finding.
#[must_use]
pub fn obstructed(what: &Obstructed<'_>) -> Finding {
    let (customer, name) = what.customer;
    let (subject, whose) = match what.resource {
        Some((resource, title, plan)) => (
            format!("obstacle:{}:{plan}", hex(resource)),
            format!("{title} of {name}, plan {plan},"),
        ),
        None => (format!("obstacle:{}", hex(customer)), format!("customer {name}")),
    };
    let detail = format!(
        "{} records of {whose} wait since {}, tried {} times. {}",
        what.records,
        what.since.to_rfc3339_opts(SecondsFormat::Secs, true),
        what.attempts,
        what.reason
    );
    Finding::of(subject, DiscrepancyKind::Obstructed, -what.worth, detail)
}
