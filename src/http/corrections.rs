//! `/api/corrections/`: corrections and late hours that wait for a person's consent, and what was decided about others.

mod view;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::auth::{MayReadAll, Staff};
use super::extract::{Json, Path, Query};
use super::form::Form;
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::approvals::{self, ApprovalFilter, Decision, DecisionError};
use crate::domain::job::Job;
use crate::domain::settlement::{Class, CorrectionState};
use view::CorrectionView;

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CorrectionQuery {
    /// Only those in this state.
    #[param(value_type = Option<CorrectionState>)]
    state: Option<String>,
    /// One of the classes that `settlement.approval` may name.
    #[param(value_type = Option<Class>)]
    class: Option<String>,
    /// Of this resource: uuid or address.
    resource: Option<Id>,
    /// Of this customer: uuid or address.
    customer: Option<Id>,
}

/// Why hours are not billed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineBody {
    /// Stays with the records.
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00]*[^\s\x00\x85][^\x00]*$",
        example = "Agreed with the customer on the phone."
    )]
    reason: String,
}

/// Groups of hours by resource, meter, month and class: those that wait first.
#[utoipa::path(get, path = "/api/corrections/", tag = "settlements", params(PageParams, CorrectionQuery),
    responses(
        (status = OK, description = "One page; the total stands in X-Result-Count.", body = [CorrectionView]),
        (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff and support may look."),
        (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Query(query): Query<CorrectionQuery>,
    page: Page,
) -> Answer<Response> {
    let filter = query.filter()?;
    let listing = page.of(approvals::count(&state.pool, &filter).await?)?;
    let rows = approvals::list(&state.pool, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|row| CorrectionView::new(&links, row))))
}

/// One group.
#[utoipa::path(get, path = "/api/corrections/{uuid}/", tag = "settlements",
    params(("uuid" = Id, Path, description = "The group's uuid")),
    responses(
        (status = OK, description = "The group.", body = CorrectionView),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff and support may look."),
        (status = NOT_FOUND, description = "No such group.")))]
pub async fn show(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<CorrectionView>> {
    one(&state, &links, uuid).await
}

/// Let the group's hours be billed.
///
/// They go out with the next pass, which this asks for: as usage, as a charge or as a credit, as their class says. Hours
/// that come later are asked about again.
#[utoipa::path(post, path = "/api/corrections/{uuid}/approve/", tag = "settlements",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The group's uuid")),
    responses(
        (status = OK, description = "Approved.", body = CorrectionView),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such group."),
        (status = CONFLICT, description = "It was decided before.")))]
pub async fn approve(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<CorrectionView>> {
    let now = state.clock.now();
    approvals::decide(&state.pool, uuid, Decision::Approve, &caller.name, now).await?;
    state.request(Job::Deliver).await?;
    one(&state, &links, uuid).await
}

/// Keep the group's hours from being billed, for a reason.
///
/// They stay visible as `declined`, and their worth stands among the closed discrepancies as `waived`. A later correction of
/// one of them is asked about again.
#[utoipa::path(post, path = "/api/corrections/{uuid}/decline/", tag = "settlements",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The group's uuid")), request_body = DeclineBody,
    responses(
        (status = OK, description = "Declined.", body = CorrectionView),
        (status = BAD_REQUEST, description = "The reason is missing or too long."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such group."),
        (status = CONFLICT, description = "It was decided before.")))]
pub async fn decline(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<DeclineBody>,
) -> Answer<axum::Json<CorrectionView>> {
    let mut form = Form::default();
    let reason = form.reason(&body.reason);
    form.done()?;
    let now = state.clock.now();
    approvals::decide(&state.pool, uuid, Decision::Decline(reason), &caller.name, now).await?;
    one(&state, &links, uuid).await
}

async fn one(state: &AppState, links: &Links, uuid: Uuid) -> Answer<axum::Json<CorrectionView>> {
    let found = approvals::find(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(axum::Json(CorrectionView::new(links, found)))
}

impl CorrectionQuery {
    fn filter(self) -> Result<ApprovalFilter, Problem> {
        let mut form = Form::default();
        let state = form.word("state", self.state.as_deref());
        let class = form.word("class", self.class.as_deref());
        form.done()?;
        Ok(ApprovalFilter {
            state,
            class,
            resource: self.resource.map(|Id(resource)| resource),
            customer: self.customer.map(|Id(customer)| customer),
        })
    }
}

impl From<DecisionError> for Problem {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::Unknown => Self::not_found(),
            DecisionError::Decided(state) => Self::conflict("decided", format!("It was decided before: {state}.")),
            DecisionError::Database(error) => error.into(),
        }
    }
}
