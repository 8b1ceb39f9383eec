//! `/api/invoices/{uuid}/items/`: every line, also those of zero and those without a subscription.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::item::{ItemView, unit};
use super::{export, visible};
use crate::db::invoices::{self, InvoiceRow, LineFilter};
use crate::http::auth::Caller;
use crate::http::extract::Path;
use crate::http::family::Family;
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
    (family, links): (Family, Links),
) -> Answer<Response> {
    let invoice = visible(&state, &caller, uuid).await?;
    if format == ListFormat::Csv {
        let filter = LineFilter {
            invoice: Some(invoice.uuid),
            ..LineFilter::default()
        };
        return export::file(&state, filter).await;
    }
    let headers = last_modified(invoice.modified_at(), state.clock.now());
    let views = of(&state, &invoice, (family, &links)).await?;
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
    (family, links): (Family, Links),
) -> Answer<(HeaderMap, Json<ItemView>)> {
    let (Id(uuid), Id(item)) = ids;
    let invoice = visible(&state, &caller, uuid).await?;
    let row = invoices::item_by_uuid(&state.pool, invoice.id, item).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let routing = state.book.routing(&state.pool).await?;
    let url = links.object(family.name(), invoice.uuid);
    let headers = last_modified(invoice.modified_at(), state.clock.now());
    Ok((headers, Json(ItemView::new(unit(&routing, &row), row, family, &url))))
}

/// All lines of the invoice, as they are shown at its address.
pub(super) async fn of(
    state: &AppState,
    invoice: &InvoiceRow,
    (family, links): (Family, &Links),
) -> Answer<Vec<ItemView>> {
    let routing = state.book.routing(&state.pool).await?;
    let rows = invoices::items(&state.pool, invoice.id).await?;
    let url = links.object(family.name(), invoice.uuid);
    let views = rows
        .into_iter()
        .map(|row| ItemView::new(unit(&routing, &row), row, family, &url));
    Ok(views.collect())
}
