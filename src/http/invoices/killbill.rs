//! `/api/killbill-invoices/`: the same invoices exactly as NodeConductor's Kill Bill plugin of 2015 to 2017 showed them. `year`
//! and `month` are texts, a line's amount is a number, lists begin with the oldest and have no lines.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::item::{CommonItemView, rate, unit};
use super::items::{file, found, shown};
use super::query::{InvoiceQuery, OrderParams, StateParams};
use super::view::CommonInvoiceView;
use super::{Listed, dated, listed, visible};
use crate::db::invoices::{InvoiceRow, ItemRow, Order};
use crate::domain::money;
use crate::domain::route::Routing;
use crate::http::auth::Caller;
use crate::http::extract::{Path, Query};
use crate::http::family::Family;
use crate::http::format::{ListFormat, ListFormatParams};
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::number::Number;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::Answer;
use crate::http::representation::last_modified;
use crate::http::state::AppState;

/// An invoice in the shape of 2015.
#[derive(Debug, Serialize, ToSchema)]
pub struct KillbillInvoiceView {
    #[serde(flatten)]
    common: CommonInvoiceView,
    /// Of the invoice date, as text.
    year: String,
    /// Of the invoice date, two digits.
    month: String,
}

/// An invoice in the shape of 2015, with its lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct KillbillInvoiceDetail {
    #[serde(flatten)]
    invoice: KillbillInvoiceView,
    /// Every line, in Kill Bill's order.
    items: Vec<KillbillItemView>,
}

/// A line of an invoice in the shape of 2015.
#[derive(Debug, Serialize, ToSchema)]
pub struct KillbillItemView {
    #[serde(flatten)]
    common: CommonItemView,
    name: String,
    /// Every digit of Kill Bill's.
    amount: Number,
    /// The amount under its later names. Taxes are lines of their own.
    price: String,
    tax: String,
    total: String,
    /// The same as `rate`, under its later name.
    unit_price: Option<String>,
}

/// List invoices.
///
/// Oldest first unless `o` says otherwise, in the shape of NodeConductor's Kill Bill plugin.
#[utoipa::path(get, path = "/api/killbill-invoices/", tag = "invoices", params(PageParams, InvoiceQuery, StateParams, OrderParams), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [KillbillInvoiceView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn killbill_list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<InvoiceQuery>,
    (states, orders): (StateParams, OrderParams),
    page: Page,
    links: Links,
) -> Answer<Response> {
    let filter = query.filter(&caller, states, orders.or(Order::OLDEST_FIRST));
    let Listed { listing, rows, changed } = listed(&state, filter, &page).await?;
    let days = state.documents.payment_days;
    let views = rows.into_iter().map(|row| KillbillInvoiceView::new(row, days, &links));
    Ok(dated(listing.respond(views), &state, &caller, changed))
}

/// Show an invoice with its lines.
#[utoipa::path(get, path = "/api/killbill-invoices/{uuid}/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid")), responses(
    (status = OK, description = "The invoice.", body = KillbillInvoiceDetail),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such invoice, or not yours to see.")))]
pub async fn killbill_show(
    State(state): State<AppState>,
    caller: Caller,
    Path(Id(uuid)): Path<Id>,
    links: Links,
) -> Answer<(HeaderMap, Json<KillbillInvoiceDetail>)> {
    let row = visible(&state, &caller, uuid).await?;
    let headers = last_modified(row.modified_at(), state.clock.now());
    let items = all(&state, &row, &links).await?;
    let invoice = KillbillInvoiceView::new(row, state.documents.payment_days, &links);
    Ok((headers, Json(KillbillInvoiceDetail { invoice, items })))
}

/// The lines of an invoice.
#[utoipa::path(get, path = "/api/killbill-invoices/{uuid}/items/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid"), ListFormatParams), responses(
    (status = OK, description = "Every line, in Kill Bill's order.",
        content((Vec<KillbillItemView> = "application/json"), (String = "text/csv"))),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such invoice, or not yours to see.")))]
pub async fn killbill_items(
    State(state): State<AppState>,
    caller: Caller,
    format: ListFormat,
    Path(Id(uuid)): Path<Id>,
    links: Links,
) -> Answer<Response> {
    let invoice = visible(&state, &caller, uuid).await?;
    if format == ListFormat::Csv {
        return file(&state, &invoice).await;
    }
    let headers = last_modified(invoice.modified_at(), state.clock.now());
    Ok((headers, Json(all(&state, &invoice, &links).await?)).into_response())
}

/// Show a line of an invoice.
#[utoipa::path(get, path = "/api/killbill-invoices/{uuid}/items/{item}/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid"), ("item" = Id, Path, description = "The line's uuid")), responses(
    (status = OK, description = "The line.", body = KillbillItemView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such line, or not yours to see.")))]
pub async fn killbill_item(
    State(state): State<AppState>,
    caller: Caller,
    Path(ids): Path<(Id, Id)>,
    links: Links,
) -> Answer<(HeaderMap, Json<KillbillItemView>)> {
    let (Id(uuid), Id(item)) = ids;
    let (invoice, row) = found(&state, &caller, uuid, item).await?;
    let routing = state.book.routing(&state.pool).await?;
    let headers = last_modified(invoice.modified_at(), state.clock.now());
    let url = links.object(Family::Killbill.name(), invoice.uuid);
    Ok((headers, Json(KillbillItemView::new(&routing, row, &url))))
}

async fn all(state: &AppState, invoice: &InvoiceRow, links: &Links) -> Answer<Vec<KillbillItemView>> {
    let url = links.object(Family::Killbill.name(), invoice.uuid);
    shown(state, invoice, &url, KillbillItemView::new).await
}

impl KillbillInvoiceView {
    fn new(row: InvoiceRow, payment_days: u32, links: &Links) -> Self {
        Self {
            year: row.invoice_date.format("%Y").to_string(),
            month: row.invoice_date.format("%m").to_string(),
            common: CommonInvoiceView::new(row, payment_days, Family::Killbill, links),
        }
    }
}

impl KillbillItemView {
    fn new(routing: &Routing, row: ItemRow, invoice_url: &str) -> Self {
        let money = |amount| money::in_minor_units(amount, &row.currency);
        Self {
            common: CommonItemView::new(unit(routing, &row), &row, invoice_url),
            amount: Number(row.amount.normalize()),
            price: money(row.amount),
            tax: money(Decimal::ZERO),
            total: money(row.amount),
            unit_price: rate(&row),
            name: row.name,
        }
    }
}
