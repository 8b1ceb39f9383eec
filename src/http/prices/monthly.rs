//! `/api/billing/pricelist/`: the first form that prices pulled from a billing system ever had, by name and month.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;

use crate::domain::price::{PriceItem, shown};
use crate::http::auth::Caller;
use crate::http::number::Number;
use crate::http::problem::Answer;
use crate::http::state::AppState;

/// The monthly prices by name, in the billing currency.
///
/// A name that several plans price stands once for each, with the plan in brackets: `cpu (openstack-instance)`; where one
/// plan prices it twice, with the usage and its unit too: `cpu (openstack-instance, burst/cpu)`.
#[utoipa::path(get, path = "/api/billing/pricelist/", tag = "prices", responses(
    (status = OK, description = "Price of one unit for a month (30 days of 24 hours) by name.",
        body = std::collections::BTreeMap<String, f64>, example = json!({"cpu": 9.0})),
    (status = UNAUTHORIZED, description = "No valid token.")))]
pub async fn monthly(State(state): State<AppState>, _: Caller) -> Answer<Json<BTreeMap<String, Number>>> {
    let routing = state.book.routing(&state.pool).await?;
    let items: Vec<&PriceItem> = routing.items().collect();
    let named = items.iter().map(|item| {
        let named = || items.iter().filter(|other| other.name == item.name);
        let in_plan = named().filter(|other| other.plan == item.plan).count();
        let name = match (in_plan, named().count()) {
            (_, 1) => item.name.clone(),
            (1, _) => format!("{} ({})", item.name, item.plan),
            _ => format!("{} ({}, {})", item.name, item.plan, place(item)),
        };
        (name, Number(shown(item.monthly)))
    });
    Ok(Json(named.collect()))
}

/// Where in its plan an item is priced.
fn place(item: &PriceItem) -> String {
    let parts = [item.usage_name.as_deref(), item.unit.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "month".to_owned()
    } else {
        parts.join("/")
    }
}
