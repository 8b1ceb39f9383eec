//! `/api/price-estimates/`: what a month costs, of a resource, a service, a project and a customer. `query` reads the
//! filters, `view` shows an estimate, `consumed` how far a month has come, `manual`, `replace` and `bounds` take what
//! people set, `bounded` reads it back.

mod bounded;
mod bounds;
mod consumed;
mod manual;
mod query;
mod replace;
mod view;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Path, Query};
use super::ids::Id;
use super::links::Links;
use super::number::Number;
use super::paging::{Listing, Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::estimates::{self, EstimateFilter, EstimateRow, Found};
use crate::domain::estimate::ScopeKind;
use crate::domain::month::Month;
use crate::domain::{money, uuid_hex};
use query::{DateParams, EstimateQuery};
use view::EstimateView;

pub use bounded::*;
pub use bounds::*;
pub use consumed::*;
pub use manual::*;
pub use replace::*;

/// List estimates: the latest month first.
///
/// A month that Kill Bill has invoiced costs what its invoices say. Any other is rated from our own records as Kill Bill
/// will rate them, and projected to its end: each meter goes on at its average. A manual estimate hides the automatic one.
#[utoipa::path(get, path = "/api/price-estimates/", tag = "estimates", params(PageParams, EstimateQuery, DateParams), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [EstimateView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<EstimateQuery>,
    dates: DateParams,
    page: Page<1000>,
    links: Links,
) -> Answer<Response> {
    let filter = query.filter(&state, &caller, dates).await?;
    let (listing, rows) = listed(&state, &filter, &page).await?;
    Ok(listing.respond(rows.into_iter().map(|row| EstimateView::new(row, &links))))
}

async fn listed(state: &AppState, filter: &EstimateFilter, page: &Page<1000>) -> Answer<(Listing, Vec<EstimateRow>)> {
    let listing = page.of(estimates::count(&state.pool, filter).await?)?;
    let rows = estimates::list(&state.pool, filter, listing.window()).await?;
    Ok((listing, rows))
}

/// Show an estimate.
#[utoipa::path(get, path = "/api/price-estimates/{uuid}/", tag = "estimates",
    params(("uuid" = Id, Path, description = "The estimate's uuid")), responses(
    (status = OK, description = "The estimate.", body = EstimateView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such estimate, hidden by a manual one, or not yours to see.")))]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(Id(uuid)): Path<Id>,
    links: Links,
) -> Answer<Json<EstimateView>> {
    let row = estimates::by_uuid(&state.pool, uuid, caller.visible_customers()).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    Ok(Json(EstimateView::new(row, &links)))
}

/// What this month will cost a customer, as a bare number.
#[utoipa::path(get, path = "/api/customers/{uuid}/estimated_price/", tag = "estimates",
    params(("uuid" = Id, Path, description = "The customer's uuid")), responses(
    (status = OK, description = "In the billing currency; 0 without an estimate.", body = Number),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such customer, or not yours to see.")))]
pub async fn estimated_price(
    State(state): State<AppState>,
    caller: Caller,
    Path(Id(uuid)): Path<Id>,
) -> Answer<Json<Number>> {
    let found = estimates::find_scopes(&state.pool, uuid, caller.visible_customers()).await?;
    if found.iter().all(|found| found.scope_type != ScopeKind::Customer) {
        return Err(Problem::not_found());
    }
    let routing = state.book.routing(&state.pool).await?;
    let month = Month::containing(state.clock.now());
    let total = estimates::open_total(&state.pool, uuid, month, routing.currency()).await?;
    Ok(Json(Number(money::with_minor_digits(total, routing.currency()))))
}

/// What the address of a body names, if the caller may see it; a project of several customers is that of `customer`.
async fn scope(state: &AppState, caller: &Caller, address: &str, customer: Option<Id>) -> Answer<(Uuid, Found)> {
    let unknown = || Problem::field("scope", format!("Can`t restore object from url: {address}"));
    let uuid = uuid_hex::parse(address).ok_or_else(unknown)?;
    let mut found = estimates::find_scopes(&state.pool, uuid, caller.visible_customers()).await?;
    found.retain(|found| customer.is_none_or(|Id(customer)| found.customer_uuid == customer));
    found.dedup_by_key(|found| found.customer_id);
    if found.len() > 1 {
        let text = "Several customers have a project of this uuid; say whose it is.";
        return Err(Problem::field("customer", text));
    }
    Ok((uuid, found.pop().ok_or_else(unknown)?))
}
