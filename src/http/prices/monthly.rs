//! `/api/billing/pricelist/`: the first form that prices pulled from a billing system ever had, by name and month.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;

use crate::domain::price::PriceItem;
use crate::http::auth::Caller;
use crate::http::number::Number;
use crate::http::problem::Answer;
use crate::http::state::AppState;

/// The monthly prices by name, in the billing currency.
///
/// A name that several plans price stands once for each, with the plan in brackets: `cpu (openstack-instance)`.
#[utoipa::path(get, path = "/api/billing/pricelist/", tag = "prices", responses(
    (status = OK, description = "Price of one unit for a month (30 days of 24 hours) by name.",
        body = std::collections::BTreeMap<String, f64>, example = json!({"cpu": 9.0})),
    (status = UNAUTHORIZED, description = "No valid token.")))]
pub async fn monthly(State(state): State<AppState>, _: Caller) -> Answer<Json<BTreeMap<String, Number>>> {
    let routing = state.book.routing(&state.pool).await?;
    let items: Vec<&PriceItem> = routing.items().collect();
    let named = items.iter().map(|item| {
        let alone = items.iter().filter(|other| other.name == item.name).count() == 1;
        let name = if alone {
            item.name.clone()
        } else {
            format!("{} ({})", item.name, item.plan)
        };
        (name, Number(item.monthly.normalize()))
    });
    Ok(Json(named.collect()))
}
