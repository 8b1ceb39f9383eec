//! `/api/service-price-list-items/`, and its older name `/api/price-list-items/`: prices that the owner of a service
//! sets beside Kill Bill's. They are shown, never billed. `body` is what clients send, `view` what they get, `desk` has
//! what stands between.

mod body;
mod desk;
mod view;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Json, Path, Query};
use super::ids::Id;
use super::paging::{Page, PageParams};
use super::problem::Answer;
use super::state::AppState;
use crate::db::overrides::{self, OverrideFilter};
use crate::db::window::Window;
use body::{OverrideBody, OverrideChange};
use desk::Desk;
use view::{OverrideChangeView, OverrideView};

/// Which overrides to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OverrideQuery {
    /// Of this service: its address or uuid.
    #[param(value_type = Option<Id>)]
    service: Option<String>,
    /// The same as the merged list takes it; of a service that is not the caller's there are none.
    service_uuid: Option<Id>,
    /// Of this customer's services: uuid or address.
    customer: Option<Id>,
    /// Exactly this key.
    key: Option<String>,
    /// Exactly this item type.
    item_type: Option<String>,
}

/// What was set, changed or removed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OverrideHistoryQuery {
    /// Of this service: uuid or address.
    service: Option<Id>,
}

/// Who set, changed or removed prices of services, the latest first.
#[utoipa::path(get, path = "/api/service-price-list-changes/", tag = "prices", params(PageParams, OverrideHistoryQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [OverrideChangeView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn history(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<OverrideHistoryQuery>,
    page: Page<1000>,
) -> Answer<Response> {
    let filter = OverrideFilter {
        visible: caller.visible_customers().map(<[Uuid]>::to_vec),
        service: query.service.map(|Id(service)| service),
        ..OverrideFilter::default()
    };
    let (_, total) = overrides::changes(&state.pool, &filter, Window::NOTHING).await?;
    let listing = page.of(total)?;
    let (rows, _) = overrides::changes(&state.pool, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(OverrideChangeView::from)))
}

/// List the prices that were set for services.
#[utoipa::path(get, path = "/api/service-price-list-items/", tag = "prices", params(PageParams, OverrideQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [OverrideView]),
    (status = BAD_REQUEST, description = "The service is not known, or not the caller's."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(desk: Desk, Query(query): Query<OverrideQuery>, page: Page<1000>) -> Answer<Response> {
    desk.list(query, &page).await
}

/// Set a price for one service.
///
/// It is shown beside Kill Bill's price; what is billed is always Kill Bill's.
#[utoipa::path(post, path = "/api/service-price-list-items/", tag = "prices", extensions(("x-may-call" = json!(["owner", "staff"]))), request_body = OverrideBody, responses(
    (status = CREATED, description = "Set.", body = OverrideView),
    (status = BAD_REQUEST, description = "A field is wrong, or the item has a price there already."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the service's customer and staff may.")))]
pub async fn create(desk: Desk, Json(body): Json<OverrideBody>) -> Answer<Response> {
    desk.create(&body).await
}

/// Show a price that was set.
#[utoipa::path(get, path = "/api/service-price-list-items/{uuid}/", tag = "prices",
    params(("uuid" = Id, Path, description = "The override's uuid")), responses(
    (status = OK, description = "The price.", body = OverrideView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such price, or not yours to see.")))]
pub async fn show(desk: Desk, Path(Id(uuid)): Path<Id>) -> Answer<axum::Json<OverrideView>> {
    desk.show(uuid).await
}

/// Change a price that was set; its service and item stay.
#[utoipa::path(put, path = "/api/service-price-list-items/{uuid}/", tag = "prices", extensions(("x-may-call" = json!(["owner", "staff"]))), request_body = OverrideChange,
    params(("uuid" = Id, Path, description = "The override's uuid")), responses(
    (status = OK, description = "Changed.", body = OverrideView),
    (status = BAD_REQUEST, description = "A field is wrong."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the service's customer and staff may."),
    (status = NOT_FOUND, description = "No such price, or not yours to see.")))]
pub async fn replace(
    desk: Desk,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<OverrideChange>,
) -> Answer<axum::Json<OverrideView>> {
    desk.change(uuid, &body, true).await
}

/// Change a price that was set, as far as it is given.
#[utoipa::path(patch, path = "/api/service-price-list-items/{uuid}/", tag = "prices", extensions(("x-may-call" = json!(["owner", "staff"]))), request_body = OverrideChange,
    params(("uuid" = Id, Path, description = "The override's uuid")), responses(
    (status = OK, description = "Changed.", body = OverrideView),
    (status = BAD_REQUEST, description = "A field is wrong."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the service's customer and staff may."),
    (status = NOT_FOUND, description = "No such price, or not yours to see.")))]
pub async fn change(
    desk: Desk,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<OverrideChange>,
) -> Answer<axum::Json<OverrideView>> {
    desk.change(uuid, &body, false).await
}

/// Remove a price that was set; its history stays.
#[utoipa::path(delete, path = "/api/service-price-list-items/{uuid}/", tag = "prices", extensions(("x-may-call" = json!(["owner", "staff"]))),
    params(("uuid" = Id, Path, description = "The override's uuid")), responses(
    (status = NO_CONTENT, description = "Removed."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the service's customer and staff may."),
    (status = NOT_FOUND, description = "No such price, or not yours to see.")))]
pub async fn delete(desk: Desk, Path(Id(uuid)): Path<Id>) -> Answer<StatusCode> {
    desk.delete(uuid).await
}
