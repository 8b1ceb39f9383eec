//! An invoice as clients see it: the keys of 2015 exactly as they were, the later ones where they do not clash, and ours.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::item::ItemView;
use crate::db::invoices::InvoiceRow;
use crate::domain::money;
use crate::domain::uuid_hex::hex;
use crate::http::family::Family;
use crate::http::links::Links;

/// An invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    url: String,
    uuid: String,
    /// Of the invoice date, as text.
    year: String,
    /// Of the invoice date, two digits.
    month: String,
    /// What is charged: Kill Bill's amount.
    amount: String,
    /// Where the PDF is.
    pdf: String,
    /// Where the usage report is.
    usage_pdf: String,
    date: NaiveDate,
    customer: String,
    customer_uuid: String,
    customer_name: String,
    customer_native_name: String,
    customer_abbreviation: String,
    /// Kill Bill's invoice number.
    number: Option<String>,
    /// `Paid`, `Unpaid`, `Draft`, `Void`, `Written off` (not owed any more and never paid), `Payment failed` (the last attempt to
    /// collect it; owed), `Refunded` or `Charged back` (a payment went back; owed again unless `balance` is zero).
    status: &'static str,
    /// The same in later frontends' words: `paid`, `created` (still owed), `pending` (a draft) or `canceled` (voided, written off, or
    /// taken back with its payment).
    state: &'static str,
    /// The amount without tax.
    price: String,
    tax: String,
    /// The amount again, under its later name.
    total: String,
    /// The same as `date`.
    invoice_date: NaiveDate,
    /// By when it is to be paid, as on the document; null when nothing is owed by it.
    due_date: Option<NaiveDate>,
    currency: String,
    /// What is still to be paid.
    balance: String,
    /// Kill Bill's id.
    backend_id: String,
    /// The day up to which the invoice bills.
    target_date: Option<NaiveDate>,
    /// `balanced`, `discrepant` or `pending`: see `reconciliation/`.
    reconciliation: String,
    /// Where the lines are.
    items_url: String,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
}

impl InvoiceView {
    /// The view of `row`, with addresses in `family`; it is due `payment_days` after its date.
    pub(super) fn new(row: InvoiceRow, payment_days: u32, family: Family, links: &Links) -> Self {
        let url = links.object(family.name(), row.uuid);
        let money = |amount| money::in_minor_units(amount, &row.currency);
        Self {
            uuid: hex(row.uuid),
            year: row.invoice_date.format("%Y").to_string(),
            month: row.invoice_date.format("%m").to_string(),
            amount: money(row.amount),
            pdf: format!("{url}pdf/"),
            usage_pdf: format!("{url}usage_pdf/"),
            date: row.invoice_date,
            customer: links.object("customers", row.customer_uuid),
            customer_uuid: hex(row.customer_uuid),
            status: row.standing().title(),
            state: row.standing().state(row.balance),
            price: money(row.amount - row.tax),
            tax: money(row.tax),
            total: money(row.amount),
            invoice_date: row.invoice_date,
            due_date: due_date(&row, payment_days),
            balance: money(row.balance),
            backend_id: row.killbill_id.to_string(),
            target_date: row.target_date,
            items_url: format!("{url}items/"),
            created: row.first_seen_at,
            modified: row.changed_at,
            url,
            customer_name: row.customer_name,
            customer_native_name: row.customer_native_name,
            customer_abbreviation: row.customer_abbreviation,
            number: row.number,
            currency: row.currency,
            reconciliation: row.verdict,
        }
    }
}

/// An invoice with its lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceDetail {
    #[serde(flatten)]
    pub(super) invoice: InvoiceView,
    /// Every line, in Kill Bill's order.
    pub(super) items: Vec<ItemView>,
}

fn due_date(row: &InvoiceRow, payment_days: u32) -> Option<NaiveDate> {
    let owed = row.standing().falls_due() && row.amount > Decimal::ZERO;
    let due = row.invoice_date.checked_add_days(Days::new(payment_days.into()));
    due.filter(|_| owed)
}
