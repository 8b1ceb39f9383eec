//! `/api/settlements/`: hours that became charges and credits because they could not travel as usage, for operators.

mod view;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::{MayReadAll, Staff};
use super::extract::{Path, Query};
use super::form::Form;
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::settlements::{self, RetryError, SettlementFilter};
use crate::domain::job::Job;
use crate::domain::settlement::{Direction, SettlementState};
use view::{SettlementDetail, SettlementView};

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SettlementQuery {
    /// Only those in this state.
    #[param(value_type = Option<SettlementState>)]
    state: Option<String>,
    /// `charge`, `credit`, or `nothing` for hours that came to no money.
    #[param(value_type = Option<Direction>)]
    direction: Option<String>,
    /// Of this customer: uuid or address.
    customer: Option<Id>,
    /// With a line of this resource: uuid or address.
    resource: Option<Id>,
    /// Of this month: `2027-05`.
    #[param(pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$")]
    month: Option<String>,
}

/// The settlements, newest first.
#[utoipa::path(get, path = "/api/settlements/", tag = "settlements", params(PageParams, SettlementQuery),
    responses(
        (status = OK, description = "One page; the total stands in X-Result-Count.", body = [SettlementView]),
        (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff and support may look."),
        (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Query(query): Query<SettlementQuery>,
    page: Page,
) -> Answer<Response> {
    let filter = query.filter()?;
    let listing = page.of(settlements::count(&state.pool, &filter).await?)?;
    let rows = settlements::list(&state.pool, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|row| SettlementView::new(&links, row))))
}

/// One settlement with its lines and its history.
#[utoipa::path(get, path = "/api/settlements/{uuid}/", tag = "settlements",
    params(("uuid" = Id, Path, description = "The settlement's uuid")),
    responses(
        (status = OK, description = "The settlement.", body = SettlementDetail),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff and support may look."),
        (status = NOT_FOUND, description = "No such settlement.")))]
pub async fn show(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<SettlementDetail>> {
    detail(&state, &links, uuid).await
}

/// Let a settlement go on that was refused, was looked up in vain, or whose invoice somebody voided.
///
/// With the same mark and the same lines: Kill Bill's invoices are read for the mark before anything is sent. Whoever
/// retries has compared settlements in Kill Bill that this ledger does not know.
#[utoipa::path(post, path = "/api/settlements/{uuid}/retry/", tag = "settlements",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The settlement's uuid")),
    responses(
        (status = OK, description = "Prepared to go on.", body = SettlementDetail),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such settlement."),
        (status = CONFLICT, description = "There is nothing to retry about it.")))]
pub async fn retry(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<SettlementDetail>> {
    settlements::retry(&state.pool, state.clock.now(), uuid, &caller.name).await?;
    state.request(Job::Deliver).await?;
    detail(&state, &links, uuid).await
}

async fn detail(state: &AppState, links: &Links, uuid: Uuid) -> Answer<axum::Json<SettlementDetail>> {
    let settlement = settlements::find(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    let lines = settlements::lines(&state.pool, settlement.id).await?;
    let history = settlements::attempts(&state.pool, settlement.id).await?;
    Ok(axum::Json(SettlementDetail::new(links, settlement, lines, history)))
}

impl SettlementQuery {
    fn filter(self) -> Result<SettlementFilter, Problem> {
        let mut form = Form::default();
        let state = form.word("state", self.state.as_deref());
        let direction = form.word("direction", self.direction.as_deref());
        form.done()?;
        let month = self.month.as_deref().map(|month| {
            format!("{month}-01")
                .parse()
                .map_err(|_| Problem::field("month", format!("\"{month}\" is not a month such as 2027-05.")))
        });
        Ok(SettlementFilter {
            state,
            direction,
            customer: self.customer.map(|Id(customer)| customer),
            resource: self.resource.map(|Id(resource)| resource),
            month: month.transpose()?,
        })
    }
}

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::Unknown => Self::not_found(),
            RetryError::NotRefused(state) => Self::conflict(
                "not_refused",
                format!(
                    "Only a settlement that was refused, looked up in vain or voided goes on by hand; this one is {state}."
                ),
            ),
            RetryError::Database(error) => error.into(),
        }
    }
}
