//! `/api/missing-hours/`: hours that nobody metered, what they are worth, and which of them are intentional.

mod body;
mod view;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::{Caller, MayPush};
use super::extract::{Json, Path, Query};
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::gaps::{self, DeclareError, GapFilter};
use crate::db::window::Window;
use crate::domain::job::Job;
use body::DeclareBody;
use view::{DeclarationView, GapView};

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GapQuery {
    /// Of this customer: uuid or address.
    customer: Option<Id>,
    /// Of this resource: uuid or address.
    resource: Option<Id>,
    /// Of this meter.
    meter: Option<String>,
    /// `true` for what was declared intentional, `false` for what is missing.
    declared: Option<bool>,
}

/// Hours without a record, the longest gaps first.
///
/// For each meter of a resource that is not terminated: the hours between its first record and the latest complete hour
/// that have none, as ranges. A zero is a record. Brought up to date by the job `reconcile`.
#[utoipa::path(get, path = "/api/missing-hours/", tag = "usage", params(PageParams, GapQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [GapView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<GapQuery>,
    page: Page,
    links: Links,
) -> Answer<Response> {
    let filter = GapFilter {
        visible: caller.visible_usage().map(<[Uuid]>::to_vec),
        customer: query.customer.map(|Id(customer)| customer),
        resource: query.resource.map(|Id(resource)| resource),
        meter: query.meter,
        declared: query.declared,
    };
    let routing = state.book.routing(&state.pool).await?;
    let currency = routing.currency();
    let listing = page.of(gaps::count(&state.pool, currency, &filter).await?)?;
    let rows = gaps::list(&state.pool, currency, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|row| GapView::new(row, &links))))
}

/// Declare that a resource consumed nothing on purpose.
///
/// Such hours are no longer counted as missing. A record that comes for one of them all the same is taken, and the
/// declaration shrinks by it.
#[utoipa::path(post, path = "/api/missing-hours/declare/", tag = "usage", extensions(("x-may-call" = json!(["pusher", "staff"]))), request_body = DeclareBody, responses(
    (status = CREATED, description = "Declared, or declared before.", body = DeclarationView),
    (status = BAD_REQUEST, description = "A field is wrong; the body names it."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only pushers and staff may declare.")))]
pub async fn declare(
    MayPush(caller): MayPush,
    State(state): State<AppState>,
    links: Links,
    Json(body): Json<DeclareBody>,
) -> Answer<(StatusCode, axum::Json<DeclarationView>)> {
    let declaration = gaps::declare(&state.pool, &body.declaration(&caller.name)?, state.clock.now()).await?;
    state.request(Job::Reconcile).await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(DeclarationView::new(declaration, &links)),
    ))
}

/// What was declared, the latest first; withdrawn ones too.
#[utoipa::path(get, path = "/api/missing-hours/declarations/", tag = "usage", params(PageParams), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [DeclarationView]),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn declarations(State(state): State<AppState>, caller: Caller, page: Page, links: Links) -> Answer<Response> {
    let visible = caller.visible_usage();
    let (_, total) = gaps::declarations(&state.pool, visible, Window::NOTHING).await?;
    let listing = page.of(total)?;
    let (rows, _) = gaps::declarations(&state.pool, visible, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|row| DeclarationView::new(row, &links))))
}

/// Take a declaration back: its hours are missing again.
#[utoipa::path(post, path = "/api/missing-hours/declarations/{uuid}/withdraw/", tag = "usage",
    extensions(("x-may-call" = json!(["pusher", "staff"]))),
    params(("uuid" = Id, Path, description = "The declaration's uuid")), responses(
    (status = OK, description = "Withdrawn, now or before.", body = DeclarationView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only pushers and staff may do this."),
    (status = NOT_FOUND, description = "No such declaration.")))]
pub async fn withdraw(
    _: MayPush,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<DeclarationView>> {
    let declaration = gaps::withdraw(&state.pool, uuid, state.clock.now()).await?;
    let declaration = declaration.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(DeclarationView::new(declaration, &links)))
}

impl From<DeclareError> for Problem {
    fn from(error: DeclareError) -> Self {
        match error {
            DeclareError::UnknownResource => Self::field("resource", "No resource with this uuid is known."),
            DeclareError::UnknownMeter => Self::field("meter", "The resource has no usage of a meter of this name."),
            DeclareError::Database(error) => error.into(),
        }
    }
}
