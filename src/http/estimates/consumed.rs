//! `consumed/`: what a month has cost so far beside what people set for it, in few keys.

use axum::extract::State;
use axum::response::Response;
use chrono::Datelike;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::listed;
use super::query::{DateParams, EstimateQuery};
use super::view::{amounts, family};
use crate::db::estimates::EstimateRow;
use crate::domain::estimate::ScopeKind;
use crate::domain::month::Month;
use crate::http::auth::Caller;
use crate::http::extract::Query;
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::number::Number;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::Answer;
use crate::http::state::AppState;

/// What was consumed in a month, against its threshold and limit.
#[derive(Serialize, ToSchema)]
pub struct ConsumedView {
    /// Address of the resource, service, project or customer.
    scope: String,
    scope_uuid: Id,
    /// A project is called `Project | Customer`.
    scope_name: String,
    scope_type: ScopeKind,
    customer_uuid: Id,
    month: u32,
    year: i32,
    currency: String,
    /// So far.
    consumed: Number,
    /// Of the whole month: invoiced, or projected to its end.
    total: Number,
    threshold: Option<Number>,
    limit: Option<Number>,
    /// More than the threshold is consumed.
    is_over_threshold: bool,
    /// More than the limit is consumed.
    is_over_limit: bool,
    /// Records that are in no figure: they have no price yet, or are held though the month is invoiced.
    unrated_records: i64,
}

/// List what was consumed: of the current month unless others are asked for.
///
/// The figures are those of `/api/price-estimates/`. `?over=limit` leaves those that have consumed more than their limit.
#[utoipa::path(get, path = "/api/price-estimates/consumed/", tag = "estimates", params(PageParams, EstimateQuery, DateParams), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [ConsumedView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn consumed(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<EstimateQuery>,
    dates: DateParams,
    page: Page<1000>,
    links: Links,
) -> Answer<Response> {
    let mut filter = query.filter(&state, &caller, dates).await?;
    if filter.months.is_none() && filter.start.is_none() && filter.end.is_none() {
        filter.months = Some(vec![Month::containing(state.clock.now()).first_day()]);
    }
    let (listing, rows) = listed(&state, &filter, &page).await?;
    Ok(listing.respond(rows.into_iter().map(|row| ConsumedView::new(row, &links))))
}

impl ConsumedView {
    fn new(row: EstimateRow, links: &Links) -> Self {
        let amount = amounts(&row.currency);
        let is_over = |bound: Option<Decimal>| bound.is_some_and(|bound| row.consumed > bound);
        Self {
            scope: links.object(family(row.scope_type), row.scope_uuid),
            scope_uuid: Id(row.scope_uuid),
            customer_uuid: Id(row.customer_uuid),
            month: row.month.month(),
            year: row.month.year(),
            consumed: amount(row.consumed),
            total: amount(row.total),
            threshold: row.threshold.map(amount),
            limit: row.bound.map(amount),
            is_over_threshold: is_over(row.threshold),
            is_over_limit: is_over(row.bound),
            unrated_records: row.unrated,
            scope_name: row.scope_name,
            scope_type: row.scope_type,
            currency: row.currency,
        }
    }
}
