//! `/api/invoices/{uuid}/items/`: every line, also those of zero, those without a subscription, and those that Kill Bill does
//! not list any more.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::item::ItemView;
use super::{export, visible};
use crate::db::invoices::{self, InvoiceRow, ItemRow, LineFilter};
use crate::domain::route::Routing;
use crate::http::auth::Caller;
use crate::http::extract::Path;
use crate::http::format::{ListFormat, ListFormatParams};
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::problem::{Answer, Problem};
use crate::http::representation::last_modified;
use crate::http::state::AppState;

/// The lines of an invoice.
#[utoipa::path(get, path = "/api/invoices/{uuid}/items/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid"), ListFormatParams), responses(
    (status = OK, description = "Every line, in Kill Bill's order.",
        content((Vec<ItemView> = "application/json"), (String = "text/csv"))),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such invoice, or not yours to see.")))]
pub async fn items(
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
    let url = links.object("invoices", invoice.uuid);
    let views = shown(&state, &invoice, &url, ItemView::new).await?;
    Ok((headers, Json(views)).into_response())
}

/// Show a line of an invoice.
#[utoipa::path(get, path = "/api/invoices/{uuid}/items/{item}/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid"), ("item" = Id, Path, description = "The line's uuid")), responses(
    (status = OK, description = "The line.", body = ItemView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such line, or not yours to see.")))]
pub async fn item(
    State(state): State<AppState>,
    caller: Caller,
    Path(ids): Path<(Id, Id)>,
    links: Links,
) -> Answer<(HeaderMap, Json<ItemView>)> {
    let (Id(uuid), Id(item)) = ids;
    let (invoice, row) = found(&state, &caller, uuid, item).await?;
    let routing = state.book.routing(&state.pool).await?;
    let url = links.object("invoices", invoice.uuid);
    let headers = last_modified(invoice.modified_at(), state.clock.now());
    Ok((headers, Json(ItemView::new(&routing, row, &url))))
}

/// Every line of an invoice, as `view` shows it at the invoice's address.
pub(super) async fn shown<V>(
    state: &AppState,
    invoice: &InvoiceRow,
    url: &str,
    view: impl Fn(&Routing, ItemRow, &str) -> V,
) -> Answer<Vec<V>> {
    let routing = state.book.routing(&state.pool).await?;
    let rows = invoices::items(&state.pool, invoice.id).await?;
    Ok(rows.into_iter().map(|row| view(&routing, row, url)).collect())
}

/// The lines as CSV.
pub(super) async fn file(state: &AppState, invoice: &InvoiceRow) -> Answer<Response> {
    let filter = LineFilter {
        invoice: Some(invoice.uuid),
        ..LineFilter::default()
    };
    export::file(state, filter).await
}

/// A line with its invoice, if the caller may see them.
pub(super) async fn found(state: &AppState, caller: &Caller, uuid: Uuid, item: Uuid) -> Answer<(InvoiceRow, ItemRow)> {
    let invoice = visible(state, caller, uuid).await?;
    let row = invoices::item_by_uuid(&state.pool, invoice.id, item).await?;
    Ok((invoice, row.ok_or_else(Problem::not_found)?))
}
