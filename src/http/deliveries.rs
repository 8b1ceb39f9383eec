//! `/api/deliveries/`: the sends of usage to Kill Bill, for operators.

mod view;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::auth::{MayReadAll, Staff};
use super::extract::{Json, Path, Query};
use super::form::Form;
use super::ids::Id;
use super::links::Links;
use super::nul;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::deliveries::{self, DeliveryFilter, RetryError, Selected};
use crate::domain::delivery::DeliveryState;
use crate::domain::job::Job;
use view::{DeliveryDetail, DeliveryView};

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// Only those in this state.
    #[param(value_type = Option<DeliveryState>)]
    state: Option<String>,
    /// Of this resource: uuid or address.
    resource: Option<Id>,
}

/// The deliveries, newest first.
#[utoipa::path(get, path = "/api/deliveries/", tag = "deliveries", params(PageParams, DeliveryQuery),
    responses(
        (status = OK, description = "One page; the total stands in X-Result-Count.", body = [DeliveryView]),
        (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff and support may look."),
        (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Query(query): Query<DeliveryQuery>,
    page: Page,
) -> Answer<Response> {
    let mut form = Form::default();
    let wanted = form.word("state", query.state.as_deref());
    form.done()?;
    let filter = DeliveryFilter {
        state: wanted,
        resource: query.resource.map(|Id(resource)| resource),
    };
    let listing = page.of(deliveries::count(&state.pool, &filter).await?)?;
    let rows = deliveries::list(&state.pool, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|delivery| DeliveryView::new(&links, delivery))))
}

/// One delivery with its sums, its history and its records.
#[utoipa::path(get, path = "/api/deliveries/{uuid}/", tag = "deliveries",
    params(("uuid" = Id, Path, description = "The delivery's uuid")),
    responses(
        (status = OK, description = "The delivery.", body = DeliveryDetail),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff and support may look."),
        (status = NOT_FOUND, description = "No such delivery.")))]
pub async fn show(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<DeliveryDetail>> {
    detail(&state, &links, uuid).await
}

/// Send a refused delivery again, or one that is still in doubt after it was looked up in Kill Bill.
///
/// With the same tracking id and the same records, once what Kill Bill refused is mended. It goes out with the next pass,
/// which this asks for.
#[utoipa::path(post, path = "/api/deliveries/{uuid}/retry/", tag = "deliveries",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The delivery's uuid")),
    responses(
        (status = OK, description = "Prepared to be sent.", body = DeliveryDetail),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such delivery."),
        (status = CONFLICT, description = "It was neither refused nor looked up in vain.")))]
pub async fn retry(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<DeliveryDetail>> {
    deliveries::retry(&state.pool, state.clock.now(), uuid, &caller.name).await?;
    state.request(Job::Deliver).await?;
    detail(&state, &links, uuid).await
}

/// Which refused deliveries are sent again. What is left out does not narrow the choice; `{}` means all of them.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryBody {
    /// These: uuids or addresses.
    #[schema(max_items = 10_000)]
    deliveries: Option<Vec<Id>>,
    /// Of this customer: uuid or address.
    customer: Option<Id>,
    /// Of this resource: uuid or address.
    resource: Option<Id>,
    /// Of subscriptions on this plan.
    #[schema(max_length = 255, pattern = r"^[^\x00]*$")]
    plan: Option<String>,
}

/// How many go out again.
#[derive(Serialize, ToSchema)]
pub struct RetriedView {
    /// Deliveries that were refused and are prepared to be sent.
    retried: i64,
}

/// Send refused deliveries again: all, or a selection.
///
/// Each with the same tracking id and the same records, once what Kill Bill refused is mended. They go out with the next
/// pass, which this asks for. Deliveries that are not refused are left alone.
#[utoipa::path(post, path = "/api/deliveries/retry/", tag = "deliveries",
    extensions(("x-may-call" = json!(["staff"]))), request_body = RetryBody,
    responses(
        (status = OK, description = "Prepared to be sent.", body = RetriedView),
        (status = BAD_REQUEST, description = "A field is wrong; the body names it."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this.")))]
pub async fn retry_all(
    Staff(caller): Staff,
    State(state): State<AppState>,
    Json(body): Json<RetryBody>,
) -> Answer<axum::Json<RetriedView>> {
    let plan = body.plan.as_deref().unwrap_or_default();
    if plan.contains('\0') {
        return Err(Problem::field("plan", nul::REFUSED));
    }
    if plan.chars().count() > 255 {
        return Err(Problem::field(
            "plan",
            "Ensure this field has no more than 255 characters.",
        ));
    }
    let selected = Selected {
        deliveries: body
            .deliveries
            .map(|ids| ids.into_iter().map(|Id(uuid)| uuid).collect()),
        customer: body.customer.map(|Id(uuid)| uuid),
        resource: body.resource.map(|Id(uuid)| uuid),
        plan: body.plan,
    };
    let retried = deliveries::retry_all(&state.pool, state.clock.now(), &selected, &caller.name).await?;
    if retried > 0 {
        state.request(Job::Deliver).await?;
    }
    Ok(axum::Json(RetriedView { retried }))
}

async fn detail(state: &AppState, links: &Links, uuid: Uuid) -> Answer<axum::Json<DeliveryDetail>> {
    let delivery = deliveries::find(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    let units = deliveries::units(&state.pool, delivery.id).await?;
    let history = deliveries::attempts(&state.pool, delivery.id).await?;
    let records = deliveries::records(&state.pool, &delivery).await?;
    Ok(axum::Json(DeliveryDetail::new(
        links, delivery, units, history, records,
    )))
}

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::Unknown => Self::not_found(),
            RetryError::NotRefused(state) => Self::conflict(
                "not_refused",
                format!(
                    "Only a delivery that was refused, or looked up in vain, is sent again by hand; this one is {state}."
                ),
            ),
            RetryError::Database(error) => error.into(),
        }
    }
}
