//! `threshold/` and `limit/` read back: which scopes have one, who set it and when.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::query;
use super::view::family;
use crate::db::estimates::{self, Bound, BoundFilter, BoundRow};
use crate::domain::estimate::ScopeKind;
use crate::http::auth::Caller;
use crate::http::extract::Query;
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::number::Number;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::Answer;
use crate::http::state::AppState;

/// Of which scopes to list what is set.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BoundQuery {
    /// Of this resource, service, project or customer: its address or uuid.
    #[param(value_type = Option<Id>)]
    scope: Option<String>,
    /// Of this customer and of what belongs to it: uuid or address.
    customer: Option<Id>,
}

/// What people set for the months of a scope.
#[derive(Serialize, ToSchema)]
pub struct BoundView {
    /// Address of the resource, service, project or customer.
    scope: String,
    scope_uuid: Id,
    /// A project is called `Project | Customer`.
    scope_name: String,
    scope_type: ScopeKind,
    customer_uuid: Id,
    /// Where people want to be warned.
    threshold: Option<Number>,
    /// What they do not want to go beyond.
    limit: Option<Number>,
    /// When one of the two was set last, and by whom.
    set_at: DateTime<Utc>,
    set_by: String,
}

/// List the scopes that have a threshold, by kind and name.
#[utoipa::path(get, path = "/api/price-estimates/threshold/", tag = "estimates", params(PageParams, BoundQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [BoundView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn thresholds(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<BoundQuery>,
    page: Page<1000>,
    links: Links,
) -> Answer<Response> {
    let filter = query.filter(&state, &caller).await?;
    bounded(&state, Bound::Threshold, &filter, page, &links).await
}

/// List the scopes that have a limit, by kind and name.
#[utoipa::path(get, path = "/api/price-estimates/limit/", tag = "estimates", params(PageParams, BoundQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [BoundView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn limits(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<BoundQuery>,
    page: Page<1000>,
    links: Links,
) -> Answer<Response> {
    let filter = query.filter(&state, &caller).await?;
    bounded(&state, Bound::Limit, &filter, page, &links).await
}

async fn bounded(
    state: &AppState,
    bound: Bound,
    filter: &BoundFilter,
    page: Page<1000>,
    links: &Links,
) -> Answer<Response> {
    let listing = page.of(estimates::count_bounds(&state.pool, bound, filter).await?)?;
    let rows = estimates::bounds(&state.pool, bound, filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|row| BoundView::new(row, links))))
}

impl BoundQuery {
    async fn filter(self, state: &AppState, caller: &Caller) -> Answer<BoundFilter> {
        let visible = caller.visible_customers();
        Ok(BoundFilter {
            visible: visible.map(<[Uuid]>::to_vec),
            customer: self.customer.map(|Id(customer)| customer),
            scope: query::scope(state, visible, self.scope.as_deref()).await?,
        })
    }
}

impl BoundView {
    fn new(row: BoundRow, links: &Links) -> Self {
        Self {
            scope: links.object(family(row.scope_type), row.scope_uuid),
            scope_uuid: Id(row.scope_uuid),
            scope_name: row.scope_name,
            scope_type: row.scope_type,
            customer_uuid: Id(row.customer_uuid),
            threshold: row.threshold.map(Number),
            limit: row.bound.map(Number),
            set_at: row.set_at,
            set_by: row.set_by,
        }
    }
}
