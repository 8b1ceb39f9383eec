//! A discrepancy as clients see it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::discrepancies::DiscrepancyRow;
use crate::domain::money::in_minor_units;
use crate::domain::reconcile::{DiscrepancyKind, DiscrepancyState};
use crate::domain::uuid_hex::hex;
use crate::http::links::Links;

/// Something that does not add up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiscrepancyView {
    url: String,
    uuid: String,
    /// `closed` since it is mended; `accepted` = it lasts, and somebody of the staff accepted it as it is.
    state: DiscrepancyState,
    kind: DiscrepancyKind,
    /// Worth knowing and in order as it is: it ends by itself, or somebody wanted it so.
    notice: bool,
    /// Charged minus what should have been charged: negative when money is missing.
    amount: String,
    currency: String,
    detail: String,
    /// What a person can do about it.
    next_step: String,
    /// The invoice it is about.
    invoice: Option<String>,
    invoice_number: Option<String>,
    item_uuid: Option<String>,
    delivery: Option<String>,
    resource: Option<String>,
    resource_uuid: Option<String>,
    resource_name: Option<String>,
    customer_uuid: Option<String>,
    customer_name: Option<String>,
    /// The hours that it is about, where they are known: the first instant of the first one.
    hour_from: Option<DateTime<Utc>>,
    /// The first instant after the last one.
    hour_until: Option<DateTime<Utc>>,
    /// Its usage records, paged.
    records: Option<String>,
    opened_at: DateTime<Utc>,
    /// When a check last found it.
    seen_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    accepted_at: Option<DateTime<Utc>>,
    /// Who accepted it: a user's or token's name.
    accepted_by: Option<String>,
    accepted_reason: Option<String>,
    /// Seconds since it was opened, until now or until it was closed.
    age: i64,
}

impl DiscrepancyView {
    /// The view of `row`.
    #[must_use]
    pub fn new(row: DiscrepancyRow, links: &Links, now: DateTime<Utc>) -> Self {
        Self {
            url: links.object("discrepancies", row.uuid),
            uuid: hex(row.uuid),
            state: row.state,
            notice: row.kind.is_notice(),
            records: records(&row, links),
            kind: row.kind,
            amount: in_minor_units(row.amount, &row.currency),
            currency: row.currency,
            detail: row.detail,
            next_step: row.next_step,
            invoice: row.invoice_uuid.map(|uuid| links.object("invoices", uuid)),
            invoice_number: row.invoice_number,
            item_uuid: row.item_uuid.map(hex),
            delivery: row.delivery_uuid.map(|uuid| links.object("deliveries", uuid)),
            resource: row.resource_uuid.map(|uuid| links.object("resources", uuid)),
            resource_uuid: row.resource_uuid.map(hex),
            resource_name: row.resource_name,
            customer_uuid: row.customer_uuid.map(hex),
            customer_name: row.customer_name,
            hour_from: row.hour_from,
            hour_until: row.hour_until,
            age: (row.closed_at.unwrap_or(now) - row.opened_at).num_seconds(),
            opened_at: row.opened_at,
            seen_at: row.seen_at,
            closed_at: row.closed_at,
            accepted_at: row.accepted_at,
            accepted_by: row.accepted_by,
            accepted_reason: row.accepted_reason,
        }
    }
}

/// The narrowest list there is: behind one line, in one delivery, of a resource's hours, of an invoice, of a customer.
fn records(row: &DiscrepancyRow, links: &Links) -> Option<String> {
    let usage = |filter: String| Some(links.to(&format!("/api/usage-records/?{filter}")));
    match row {
        DiscrepancyRow {
            invoice_uuid: Some(invoice),
            item_uuid: Some(item),
            ..
        } => {
            let path = format!("/api/invoices/{}/items/{}/evidence/", hex(*invoice), hex(*item));
            Some(links.to(&path))
        }
        DiscrepancyRow {
            delivery_uuid: Some(delivery),
            ..
        } => usage(format!("delivery={}", hex(*delivery))),
        DiscrepancyRow {
            resource_uuid: Some(resource),
            ..
        } => usage(format!("resource={}{}", hex(*resource), hours(row))),
        DiscrepancyRow {
            invoice_uuid: Some(invoice),
            ..
        } => usage(format!("invoice={}", hex(*invoice))),
        DiscrepancyRow {
            customer_uuid: Some(customer),
            ..
        } => usage(format!("customer={}{}", hex(*customer), hours(row))),
        _ => None,
    }
}

fn hours(row: &DiscrepancyRow) -> String {
    let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    match (row.hour_from, row.hour_until) {
        (Some(from), Some(until)) => format!("&start={}&end={}", instant(from), instant(until)),
        _ => String::new(),
    }
}
