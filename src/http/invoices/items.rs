//! `/api/invoices/{uuid}/items/`: every line, also those of zero and those without a subscription.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::item::{ItemView, label};
use super::{lines, visible};
use crate::db::invoices::{self, LineFilter};
use crate::http::auth::Caller;
use crate::http::extract::Path;
use crate::http::family::Family;
use crate::http::format::{ListFormat, ListFormatParams};
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::problem::Answer;
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
        return Ok(lines::file(&state, filter));
    }
    let routing = state.book.routing(&state.pool).await?;
    let rows = invoices::items(&state.pool, invoice.id).await?;
    let url = links.object(family.name(), invoice.uuid);
    let views = rows
        .into_iter()
        .map(|row| ItemView::new(label(&routing, &row), row, family, &url));
    Ok(Json(views.collect::<Vec<_>>()).into_response())
}
