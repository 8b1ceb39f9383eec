//! `/api/invoices/` and `/api/killbill-invoices/`: the mirror of Kill Bill's invoices in NodeConductor's historical shape,
//! with later frontends' keys and ours beside it.

mod evidence;
mod export;
mod item;
mod items;
mod lines;
mod notify;
mod query;
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Path, Query};
use super::family::Family;
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::representation::last_modified;
use super::state::AppState;
use crate::db::invoices::{self, InvoiceRow};
use query::{InvoiceQuery, StateParams};
use view::{InvoiceDetail, InvoiceView};

pub use evidence::*;
pub use items::*;
pub use lines::*;
pub use notify::*;

/// List invoices.
///
/// Oldest first unless `o` says otherwise. The address itself is one of two with the same content; links stay in it.
#[utoipa::path(get, path = "/api/invoices/", tag = "invoices", params(PageParams, InvoiceQuery, StateParams), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [InvoiceView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<InvoiceQuery>,
    states: StateParams,
    page: Page,
    (family, links): (Family, Links),
) -> Answer<Response> {
    let mut filter = query.filter(&caller, states)?;
    // Before the rows: what changes while they are read is new to whoever asks again.
    let changed = invoices::last_change(&state.pool).await?;
    let listing = page.of(invoices::count(&state.pool, &filter).await?)?;
    (filter.limit, filter.offset) = (listing.window().limit, listing.window().offset);
    let rows = invoices::list(&state.pool, &filter).await?;
    let days = state.documents.payment_days;
    let mut response = listing.respond(rows.into_iter().map(|row| InvoiceView::new(row, days, family, &links)));
    // A list that a customer joins or leaves changes without any invoice of it changing: only who sees all gets a date.
    if let Some(changed) = changed.filter(|_| caller.may_read_all()) {
        response.headers_mut().extend(last_modified(changed, state.clock.now()));
    }
    Ok(response)
}

/// Show an invoice with its lines.
#[utoipa::path(get, path = "/api/invoices/{uuid}/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid")), responses(
    (status = OK, description = "The invoice.", body = InvoiceDetail),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such invoice, or not yours to see.")))]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(Id(uuid)): Path<Id>,
    (family, links): (Family, Links),
) -> Answer<(HeaderMap, Json<InvoiceDetail>)> {
    let row = visible(&state, &caller, uuid).await?;
    let headers = last_modified(row.modified_at(), state.clock.now());
    let items = items::of(&state, &row, (family, &links)).await?;
    let invoice = InvoiceView::new(row, state.documents.payment_days, family, &links);
    Ok((headers, Json(InvoiceDetail { invoice, items })))
}

/// The invoice, if the caller may see it; whoever may not learns nothing of its existence.
pub(super) async fn visible(state: &AppState, caller: &Caller, uuid: Uuid) -> Answer<InvoiceRow> {
    let found = invoices::by_uuid(&state.pool, uuid, caller.visible_customers()).await?;
    found.ok_or_else(Problem::not_found)
}
