//! `/api/invoices/`: the mirror of Kill Bill's invoices in NodeConductor's historical shape and with ours beside it.

mod evidence;
mod items;
mod lines;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Path, Query};
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::invoices::{self, InvoiceFilter, InvoiceRow, Order};
use crate::domain::money;
use crate::domain::uuid_hex::hex;

pub use evidence::*;
pub use items::*;
pub use lines::*;

/// Which invoices to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvoiceQuery {
    /// Customer: uuid or URL.
    #[param(value_type = Option<String>)]
    customer: Option<Id>,
    /// Part of the customer's name, in any case.
    customer_name: Option<String>,
    /// Part of the customer's native name, in any case.
    customer_native_name: Option<String>,
    /// Part of the customer's abbreviation, in any case.
    customer_abbreviation: Option<String>,
    /// Year of the invoice date.
    year: Option<i32>,
    /// Month of the invoice date: 8 and 08 mean the same.
    month: Option<i32>,
    /// Invoice date.
    date: Option<NaiveDate>,
    /// Exact amount.
    #[param(value_type = Option<String>)]
    amount: Option<Decimal>,
    /// `draft`, `committed`, `void`, `paid` or `unpaid`.
    status: Option<String>,
    /// Currency code.
    currency: Option<String>,
    /// `date` (default), `amount`, `customer_name`, `customer_abbreviation`, `customer_native_name` or `status`; with `-` backwards.
    o: Option<String>,
}

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
    /// Kill Bill's invoice number.
    number: Option<String>,
    /// `Paid`, `Unpaid`, `Draft` or `Void`.
    status: &'static str,
    currency: String,
    /// What is still to be paid.
    balance: String,
    /// Kill Bill's id.
    backend_id: String,
    /// The day up to which the invoice bills.
    target_date: Option<NaiveDate>,
    /// `balanced`, `discrepant` or `pending`: see `reconciliation/`.
    reconciliation: String,
    items: String,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
}

/// List invoices.
#[utoipa::path(get, path = "/api/invoices/", tag = "invoices", params(PageParams, InvoiceQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [InvoiceView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<InvoiceQuery>,
    page: Page,
    links: Links,
) -> Answer<Response> {
    let mut filter = query.filter(&caller)?;
    let (_, total) = invoices::list(&state.pool, &filter).await?;
    let listing = page.of(total)?;
    (filter.limit, filter.offset) = (listing.window().limit, listing.window().offset);
    let (rows, _) = invoices::list(&state.pool, &filter).await?;
    Ok(listing.respond(rows.into_iter().map(|row| InvoiceView::new(row, &links))))
}

/// Show an invoice.
#[utoipa::path(get, path = "/api/invoices/{uuid}/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid")), responses(
    (status = OK, description = "The invoice.", body = InvoiceView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such invoice, or not yours to see.")))]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(Id(uuid)): Path<Id>,
    links: Links,
) -> Answer<Json<InvoiceView>> {
    Ok(Json(InvoiceView::new(visible(&state, &caller, uuid).await?, &links)))
}

/// The invoice, if the caller may see it; whoever may not learns nothing of its existence.
pub(super) async fn visible(state: &AppState, caller: &Caller, uuid: Uuid) -> Answer<InvoiceRow> {
    let found = invoices::by_uuid(&state.pool, uuid, caller.visible_customers()).await?;
    found.ok_or_else(Problem::not_found)
}

const STATUSES: [&str; 5] = ["draft", "committed", "void", "paid", "unpaid"];

impl InvoiceQuery {
    /// Limit 0: first the total is wanted.
    fn filter(self, caller: &Caller) -> Answer<InvoiceFilter> {
        let wrong = |status: &&String| !STATUSES.contains(&status.to_lowercase().as_str());
        if let Some(status) = self.status.as_ref().filter(wrong) {
            let text = format!("\"{status}\" is not a status; {} are.", STATUSES.join(", "));
            return Err(Problem::field("status", text));
        }
        if self.month.is_some_and(|month| !(1..=12).contains(&month)) {
            return Err(Problem::field("month", "Month has to be from 1 to 12."));
        }
        let order = self.o.as_deref().unwrap_or("date");
        let unknown = || {
            let text =
                "date, amount, customer_name, customer_abbreviation, customer_native_name and status are, also with -";
            Problem::field("o", format!("\"{order}\" is no ordering; {text}."))
        };
        Ok(InvoiceFilter {
            visible: caller.visible_customers().map(<[Uuid]>::to_vec),
            customer: self.customer.map(|Id(uuid)| uuid),
            customer_name: self.customer_name,
            customer_native_name: self.customer_native_name,
            customer_abbreviation: self.customer_abbreviation,
            year: self.year,
            month: self.month,
            date: self.date,
            amount: self.amount,
            status: self.status,
            currency: self.currency,
            order: Order::parse(order).ok_or_else(unknown)?,
            limit: 0,
            offset: 0,
        })
    }
}

impl InvoiceView {
    fn new(row: InvoiceRow, links: &Links) -> Self {
        let url = links.object("invoices", row.uuid);
        Self {
            uuid: hex(row.uuid),
            year: row.invoice_date.format("%Y").to_string(),
            month: row.invoice_date.format("%m").to_string(),
            amount: money::in_minor_units(row.amount, &row.currency),
            pdf: format!("{url}pdf/"),
            usage_pdf: format!("{url}usage_pdf/"),
            date: row.invoice_date,
            customer: links.object("customers", row.customer_uuid),
            customer_uuid: hex(row.customer_uuid),
            customer_name: row.customer_name,
            customer_native_name: row.customer_native_name,
            number: row.number,
            status: status(&row.status, row.balance),
            balance: money::in_minor_units(row.balance, &row.currency),
            currency: row.currency,
            backend_id: row.killbill_id.to_string(),
            target_date: row.target_date,
            reconciliation: row.verdict,
            items: format!("{url}items/"),
            created: row.first_seen_at,
            modified: row.changed_at,
            url,
        }
    }
}

fn status(killbill: &str, balance: Decimal) -> &'static str {
    match killbill {
        "DRAFT" => "Draft",
        "VOID" => "Void",
        _ if balance > Decimal::ZERO => "Unpaid",
        _ => "Paid",
    }
}
