//! `/api/merged-price-list-items/`: the price list with the prices of one service laid over it.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{PriceQuery, metadata};
use crate::db::overrides::{self, OverrideRow};
use crate::db::prices::{self, ListedItem};
use crate::domain::price::{is_same, shown};
use crate::domain::route::Routing;
use crate::http::auth::Caller;
use crate::http::extract::{Path, Query};
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::number::Number;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// Whose prices are laid over the price list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MergedQuery {
    /// The service: uuid or address. Without it, or when it is not the caller's, the price list stands alone.
    service_uuid: Option<Id>,
}

/// A price as its service's owner set it, else as Kill Bill's catalog has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MergedItemView {
    url: String,
    uuid: Id,
    key: String,
    item_type: String,
    /// Kill Bill's unit; empty for a price by the month.
    units: String,
    /// Price of one unit for one hour, to be shown: the override's if there is one.
    value: Number,
    resource_type: String,
    metadata: serde_json::Value,
    name: String,
    description: String,
    currency: String,
    /// Whether `value` was set by a person.
    is_manually_input: bool,
    service_price_list_item_url: Option<String>,
    /// What Kill Bill charges by the hour, whatever `value` says.
    billed_value: Number,
    /// Whether `value` is what is charged.
    is_billed: bool,
}

/// List the price list in force with the prices of one service laid over it.
///
/// An override is shown, never billed: `billed_value` is what Kill Bill charges.
#[utoipa::path(get, path = "/api/merged-price-list-items/", tag = "prices", params(PageParams, PriceQuery, MergedQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [MergedItemView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn merged(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<PriceQuery>,
    Query(over): Query<MergedQuery>,
    page: Page<1000>,
    links: Links,
) -> Answer<Response> {
    let routing = state.book.routing(&state.pool).await?;
    let filter = query.filter(&routing);
    let (_, total) = prices::list(&state.pool, &filter, 0, 0).await?;
    let listing = page.of(total)?;
    let window = listing.window();
    let (rows, _) = prices::list(&state.pool, &filter, window.limit, window.offset).await?;
    let mut set = laid_over(&state, &caller, over.service_uuid).await?;
    let views = rows.into_iter().map(|row| {
        let own = set.remove(&row.item.uuid);
        MergedItemView::new(row, own, &routing, &state, &links)
    });
    Ok(listing.respond(views))
}

/// Show an item of the price list with the price of one service laid over it.
#[utoipa::path(get, path = "/api/merged-price-list-items/{uuid}/", tag = "prices",
    params(("uuid" = Id, Path, description = "The item's uuid"), MergedQuery), responses(
    (status = OK, description = "The item.", body = MergedItemView),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such item.")))]
pub async fn merged_item(
    State(state): State<AppState>,
    caller: Caller,
    Path(Id(uuid)): Path<Id>,
    Query(over): Query<MergedQuery>,
    links: Links,
) -> Answer<Json<MergedItemView>> {
    let item = prices::by_uuid(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    let own = laid_over(&state, &caller, over.service_uuid).await?.remove(&uuid);
    let routing = state.book.routing(&state.pool).await?;
    Ok(Json(MergedItemView::new(item, own, &routing, &state, &links)))
}

async fn laid_over(state: &AppState, caller: &Caller, service: Option<Id>) -> Answer<HashMap<Uuid, OverrideRow>> {
    let Some(Id(service)) = service else {
        return Ok(HashMap::new());
    };
    let rows = overrides::of_service(&state.pool, service, caller.visible_customers()).await?;
    Ok(rows.into_iter().map(|row| (row.item_uuid, row)).collect())
}

impl MergedItemView {
    fn new(
        ListedItem { item, .. }: ListedItem,
        own: Option<OverrideRow>,
        routing: &Routing,
        state: &AppState,
        links: &Links,
    ) -> Self {
        let value = own.as_ref().map_or(item.hourly, |own| own.value);
        Self {
            metadata: metadata(state, &item),
            url: links.object("merged-price-list-items", item.uuid),
            uuid: Id(item.uuid),
            key: item.key,
            item_type: item.item_type,
            units: item.unit.unwrap_or_default(),
            value: Number(shown(value)),
            resource_type: routing.resource_type(&item.plan),
            name: item.name,
            description: item.description,
            currency: item.currency,
            is_manually_input: own.is_some(),
            service_price_list_item_url: own.map(|own| links.object("service-price-list-items", own.uuid)),
            billed_value: Number(shown(item.hourly)),
            is_billed: is_same(value, item.hourly),
        }
    }
}
