//! `/api/service-price-list-items/`, and its older name `/api/price-list-items/`: prices that the owner of a service
//! sets beside Kill Bill's. They are shown, never billed. `body` is what clients send, `view` what they get, `desk`
//! serves both families, `family` has their addresses.

mod body;
mod desk;
mod family;
mod view;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::Caller;
use super::extract::Query;
use super::ids::Id;
use super::paging::{Page, PageParams};
use super::problem::Answer;
use super::state::AppState;
use crate::db::overrides::{self, OverrideFilter};
use crate::db::window::Window;
use view::OverrideChangeView;

pub use family::{old_items, service_items};

/// Which overrides to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OverrideQuery {
    /// Of this service: its address or uuid.
    service: Option<String>,
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
    #[param(value_type = Option<String>)]
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
