//! An invoice as NodeConductor's own invoices were since 2016: what both addresses show, `year` and `month` as numbers, who
//! sends and receives it, and its lines twice, for frontends that read `items` and for older ones that read `openstack_items`.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::item::ItemView;
use super::openstack::OpenStackItemView;
use super::parties::PartyView;
use crate::db::invoices::InvoiceRow;
use crate::documents::Issuers;
use crate::domain::money;
use crate::domain::reconcile::Verdict;
use crate::domain::standing::InvoiceState;
use crate::domain::uuid_hex::hex;
use crate::http::family::Family;
use crate::http::links::Links;

/// What both addresses show of an invoice: the keys of 2015, the later ones where they do not clash, and ours.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommonInvoiceView {
    url: String,
    uuid: String,
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
    state: InvoiceState,
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
    /// Whether it adds up: see `reconciliation/`.
    reconciliation: Verdict,
    /// Where the lines are.
    items_url: String,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
}

impl CommonInvoiceView {
    /// The view of `row`, with addresses in `family`; it is due `payment_days` after its date.
    pub(super) fn new(row: InvoiceRow, payment_days: u32, family: Family, links: &Links) -> Self {
        let url = links.object(family.name(), row.uuid);
        let money = |amount| money::in_minor_units(amount, &row.currency);
        Self {
            uuid: hex(row.uuid),
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

/// An invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    #[serde(flatten)]
    common: CommonInvoiceView,
    /// Of the invoice date.
    year: i32,
    /// Of the invoice date, from 1.
    month: u32,
    /// Who sends it.
    issuer_details: PartyView,
    /// Who receives it, as registered when the invoice was first seen.
    customer_details: PartyView,
    /// Every line that Kill Bill lists, in its order. Null in lists where the page has more than 10,000 lines together: ask for a
    /// smaller page, or read them at `items_url`.
    items: Option<Vec<ItemView>>,
    /// The lines once more, for frontends of 2016 and 2017. Empty in lists: some frontends add both up there.
    openstack_items: Vec<OpenStackItemView>,
}

/// Its lines, as they are shown with it; none where they are not wanted.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) items: Option<Vec<ItemView>>,
    pub(super) openstack_items: Vec<OpenStackItemView>,
}

impl InvoiceView {
    /// The view of `row` with its lines; it is due `payment_days` after its date.
    pub(super) fn new(row: InvoiceRow, lines: Lines, issuers: &Issuers, payment_days: u32, links: &Links) -> Self {
        Self {
            year: row.invoice_date.year(),
            month: row.invoice_date.month(),
            issuer_details: PartyView::issuer(issuers.at(row.first_seen_at)),
            customer_details: PartyView::customer(&row.customer_snapshot),
            items: lines.items,
            openstack_items: lines.openstack_items,
            common: CommonInvoiceView::new(row, payment_days, Family::Invoices, links),
        }
    }
}

fn due_date(row: &InvoiceRow, payment_days: u32) -> Option<NaiveDate> {
    let owed = row.standing().falls_due() && row.amount > Decimal::ZERO;
    let due = row.invoice_date.checked_add_days(Days::new(payment_days.into()));
    due.filter(|_| owed)
}
