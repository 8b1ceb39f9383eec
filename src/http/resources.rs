//! `/api/resources/`: what consumes, and when it stops. `body` is what clients send, `view` what they get.

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
use super::registering::status;
use super::state::AppState;
use crate::db::customers::Registered;
use crate::db::resources::{self, RegisterError, ResourceFilter, TerminateError};
use body::{ResourceBody, TerminateBody};
use view::ResourceView;

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ResourceQuery {
    /// Of this customer: uuid or address.
    customer: Option<Id>,
    /// Part of the name, whatever the case.
    name: Option<String>,
    /// Exactly this type, such as `OpenStack.Instance`.
    r#type: Option<String>,
}

/// Register or update a resource.
///
/// Usage that came before the registration goes out by itself afterwards. A resource keeps its customer once it has
/// usage, and its `started_at` once something of it was sent or billed.
#[utoipa::path(put, path = "/api/resources/{uuid}/", tag = "resources",
    extensions(("x-may-call" = json!(["pusher", "staff"]))),
    params(("uuid" = Id, Path, description = "NodeConductor's uuid of the resource")), request_body = ResourceBody,
    responses(
        (status = CREATED, description = "Registered.", body = ResourceView),
        (status = OK, description = "Changed, or the same as before.", body = ResourceView),
        (status = BAD_REQUEST, description = "A field is wrong, or its customer is not registered; the body names it."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only pushers and staff may register."),
        (status = CONFLICT, description = "Another customer or start than what is billed already.")))]
pub async fn put(
    _: MayPush,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<ResourceBody>,
) -> Answer<(StatusCode, axum::Json<ResourceView>)> {
    let facts = body.facts(uuid)?;
    let routing = state.book.routing(&state.pool).await?;
    let registered = resources::register(&state.pool, state.clock.now(), &facts, &routing).await?;
    if registered != Registered::Same {
        state.registered();
    }
    Ok((status(registered), shown(&state, &links, uuid).await?))
}

/// One resource.
#[utoipa::path(get, path = "/api/resources/{uuid}/", tag = "resources",
    params(("uuid" = Id, Path, description = "NodeConductor's uuid of the resource")),
    responses(
        (status = OK, description = "The resource.", body = ResourceView),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "Not registered, or not the caller's.")))]
pub async fn show(
    caller: Caller,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<ResourceView>> {
    let resource = resources::find(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    if caller
        .visible_usage()
        .is_some_and(|customers| !customers.contains(&resource.customer_uuid))
    {
        return Err(Problem::not_found());
    }
    Ok(axum::Json(ResourceView::new(&links, resource)))
}

/// The registered resources that the caller may see, by name.
#[utoipa::path(get, path = "/api/resources/", tag = "resources", params(PageParams, ResourceQuery),
    responses(
        (status = OK, description = "One page; the total stands in X-Result-Count.", body = [ResourceView]),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    caller: Caller,
    State(state): State<AppState>,
    links: Links,
    Query(query): Query<ResourceQuery>,
    page: Page,
) -> Answer<Response> {
    let filter = ResourceFilter {
        visible: caller.visible_usage().map(<[Uuid]>::to_vec),
        customer: query.customer.map(|Id(customer)| customer),
        name: query.name,
        r#type: query.r#type,
    };
    let listing = page.of(resources::count(&state.pool, &filter).await?)?;
    let rows = resources::list(&state.pool, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|resource| ResourceView::new(&links, resource))))
}

/// Tell when a resource stopped consuming.
///
/// Usage of hours that begin before `at` is still taken; when all of it is settled, the subscriptions end in Kill Bill.
/// The same instant again changes nothing; another one is taken until then, unless usage at or after it was sent.
#[utoipa::path(post, path = "/api/resources/{uuid}/terminate/", tag = "resources",
    extensions(("x-may-call" = json!(["pusher", "staff"]))),
    params(("uuid" = Id, Path, description = "NodeConductor's uuid of the resource")), request_body = TerminateBody,
    responses(
        (status = OK, description = "Noted, or noted before.", body = ResourceView),
        (status = BAD_REQUEST, description = "Not an instant, or before the resource started."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only pushers and staff may do this."),
        (status = NOT_FOUND, description = "Not registered."),
        (status = CONFLICT, description = "Usage at or after that instant was sent, or the subscriptions have ended.")))]
pub async fn terminate(
    _: MayPush,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<TerminateBody>,
) -> Answer<axum::Json<ResourceView>> {
    if resources::terminate(&state.pool, state.clock.now(), uuid, body.at()?).await? {
        state.registered();
    }
    shown(&state, &links, uuid).await
}

async fn shown(state: &AppState, links: &Links, uuid: Uuid) -> Answer<axum::Json<ResourceView>> {
    let resource = resources::find(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(axum::Json(ResourceView::new(links, resource)))
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::UnknownCustomer => Self::field(
                "customer",
                "No customer with this uuid is registered; PUT it to /api/customers/ first.",
            ),
            RegisterError::CustomerFixed => Self::conflict(
                "customer_fixed",
                "The resource has usage or a subscription under another customer and cannot move. Terminate it there and \
                 register it under a new uuid.",
            ),
            RegisterError::StartFixed => Self::conflict(
                "start_fixed",
                "Usage of the resource was sent to Kill Bill, or billed; its started_at cannot change any more.",
            ),
            RegisterError::ForeignService => Self::field("service_uuid", "This service belongs to another customer."),
            RegisterError::Database(error) => error.into(),
        }
    }
}

impl From<TerminateError> for Problem {
    fn from(error: TerminateError) -> Self {
        match error {
            TerminateError::Unknown => Self::not_found(),
            TerminateError::BeforeStart(start) => {
                Self::field("at", format!("The resource started at {}.", view::instant(start)))
            }
            TerminateError::AlreadyDelivered(hour) => Self::conflict(
                "already_delivered",
                format!(
                    "Usage of the hour {} was already sent to Kill Bill; give an instant after the beginning of that hour, \
                     or correct the usage to zero first.",
                    view::instant(hour)
                ),
            ),
            TerminateError::Ended(at) => Self::conflict(
                "ended",
                format!(
                    "The resource ended at {} and its subscriptions are closed.",
                    view::instant(at)
                ),
            ),
            TerminateError::Database(error) => error.into(),
        }
    }
}
