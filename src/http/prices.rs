//! `/api/default-price-list-items/`: what Kill Bill's catalog charges, by the hour. `merged` lays the prices of one
//! service over it, `monthly` is its oldest form.

mod merged;
mod monthly;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::extract::{Path, Query};
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::prices::{self, ListedChange, ListedItem, PriceFilter};
use crate::domain::price::{PriceChangeKind, PriceItem, PriceRule, TierPolicy, shown};
use crate::domain::route::Routing;
use crate::domain::uuid_hex::hex;

pub use merged::*;
pub use monthly::*;

/// Which items to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PriceQuery {
    /// Exactly this key.
    key: Option<String>,
    /// Exactly this item type.
    item_type: Option<String>,
    /// Exactly this name.
    name: Option<String>,
    /// Three capital letters.
    currency: Option<String>,
    /// Such as `OpenStack.Instance`: the items of its plans.
    resource_type: Option<String>,
    /// The same in its older spelling, such as `openstack.instance`.
    resource_content_type: Option<String>,
    /// Such as `OpenStack`: the items of all its types.
    service_type: Option<String>,
}

impl PriceQuery {
    fn filter(self, routing: &Routing) -> PriceFilter {
        let plans_of = |named: Option<String>| named.map(|name| routing.plans_of(&name));
        let plans = match (plans_of(self.resource_type), plans_of(self.resource_content_type)) {
            (Some(one), Some(other)) => Some(one.into_iter().filter(|plan| other.contains(plan)).collect()),
            (one, other) => one.or(other),
        };
        PriceFilter {
            key: self.key,
            item_type: self.item_type,
            name: self.name,
            currency: self.currency,
            plans,
            service: self.service_type.map(|service| routing.plans_of_service(&service)),
        }
    }
}

/// A priced thing.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceItemView {
    url: String,
    uuid: String,
    key: String,
    item_type: String,
    /// Price of one unit for one hour.
    value: String,
    /// Kill Bill's unit; empty for a price by the month.
    units: String,
    /// The plan, in NodeConductor's spelling of the type it is named for.
    resource_type: String,
    /// The same in its older spelling.
    resource_content_type: String,
    /// Of a flavour: `name`, `cores`, `ram` and `disk` (both in MiB), as configured.
    metadata: serde_json::Value,
    name: String,
    description: String,
    /// Price of one unit for a month.
    monthly_rate: String,
    currency: String,
    /// How the hourly price was found.
    rule: PriceRule,
    /// From when the catalog's version holds.
    effective_from: DateTime<Utc>,
    product: String,
    plan: String,
    unit: Option<String>,
    /// Kill Bill's tiers; the hourly price is the first one's.
    tiers: serde_json::Value,
    tier_policy: TierPolicy,
}

/// List the price list in force.
#[utoipa::path(get, path = "/api/default-price-list-items/", tag = "prices", params(PageParams, PriceQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [PriceItemView]),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    State(state): State<AppState>,
    _: Caller,
    Query(query): Query<PriceQuery>,
    page: Page<1000>,
    links: Links,
) -> Answer<Response> {
    let routing = state.book.routing(&state.pool).await?;
    let filter = query.filter(&routing);
    let (_, total) = prices::list(&state.pool, &filter, 0, 0).await?;
    let listing = page.of(total)?;
    let window = listing.window();
    let (rows, _) = prices::list(&state.pool, &filter, window.limit, window.offset).await?;
    Ok(listing.respond(
        rows.into_iter()
            .map(|row| PriceItemView::new(row, &routing, &state, &links)),
    ))
}

/// Show an item of the price list in force.
#[utoipa::path(get, path = "/api/default-price-list-items/{uuid}/", tag = "prices",
    params(("uuid" = Id, Path, description = "The item's uuid")), responses(
    (status = OK, description = "The item.", body = PriceItemView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such item.")))]
pub async fn show(
    State(state): State<AppState>,
    _: Caller,
    Path(Id(uuid)): Path<Id>,
    links: Links,
) -> Answer<Json<PriceItemView>> {
    let item = prices::by_uuid(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    let routing = state.book.routing(&state.pool).await?;
    Ok(Json(PriceItemView::new(item, &routing, &state, &links)))
}

/// What happened to a price.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceChangeView {
    item_uuid: String,
    name: String,
    currency: String,
    kind: PriceChangeKind,
    /// Hourly price before.
    before: Option<String>,
    /// Hourly price after.
    after: Option<String>,
    /// When the service saw it.
    at: DateTime<Utc>,
    /// From when the catalog's version holds.
    effective_from: DateTime<Utc>,
}

/// Which changes to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PriceChangeQuery {
    /// Of this item only: uuid or address.
    item: Option<Id>,
}

/// List the changes of the price list, the last seen first.
#[utoipa::path(get, path = "/api/price-list-changes/", tag = "prices", params(PageParams, PriceChangeQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [PriceChangeView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn changes(
    State(state): State<AppState>,
    _: Caller,
    Query(query): Query<PriceChangeQuery>,
    page: Page<1000>,
) -> Answer<Response> {
    let item = query.item.map(|Id(uuid)| uuid);
    let (_, total) = prices::changes(&state.pool, item, 0, 0).await?;
    let listing = page.of(total)?;
    let window = listing.window();
    let (rows, _) = prices::changes(&state.pool, item, window.limit, window.offset).await?;
    Ok(listing.respond(rows.into_iter().map(PriceChangeView::new)))
}

impl PriceChangeView {
    fn new(
        ListedChange {
            change,
            at,
            effective_from,
        }: ListedChange,
    ) -> Self {
        let text = |price: Option<Decimal>| price.map(|price| shown(price).to_string());
        Self {
            item_uuid: hex(change.item),
            name: change.name,
            currency: change.currency,
            kind: change.kind,
            before: text(change.before),
            after: text(change.after),
            at,
            effective_from,
        }
    }
}

/// What a flavour is made of: Kill Bill's catalog has no place for it.
fn metadata(state: &AppState, item: &PriceItem) -> serde_json::Value {
    let flavor = state.flavors.get(&item.key).filter(|_| item.item_type == "flavor");
    flavor.map_or_else(|| serde_json::json!({}), |flavor| serde_json::json!(flavor))
}

impl PriceItemView {
    fn new(
        ListedItem { item, effective_from }: ListedItem,
        routing: &Routing,
        state: &AppState,
        links: &Links,
    ) -> Self {
        Self {
            metadata: metadata(state, &item),
            url: links.object("default-price-list-items", item.uuid),
            uuid: hex(item.uuid),
            key: item.key,
            item_type: item.item_type,
            value: shown(item.hourly).to_string(),
            units: item.unit.clone().unwrap_or_default(),
            resource_type: routing.resource_type(&item.plan),
            resource_content_type: item.plan.replacen('-', ".", 1),
            name: item.name,
            description: item.description,
            monthly_rate: shown(item.monthly).to_string(),
            currency: item.currency,
            rule: item.rule,
            effective_from,
            product: item.product,
            plan: item.plan,
            unit: item.unit,
            tiers: serde_json::json!(item.tiers),
            tier_policy: item.tier_policy,
        }
    }
}
