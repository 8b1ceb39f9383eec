//! `/api/services/`: where resources run, and whose the services are. NodeConductor owns them; here they are known so
//! that their owners can set prices of their own and see what each of them costs.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::auth::{Caller, MayPush};
use super::extract::{Json, Path, Query};
use super::form::Form;
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::registering::status;
use super::state::AppState;
use crate::db::services::{self, Service, ServiceError, ServiceFilter};
use crate::domain::text;

/// What is registered about a service.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceBody {
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "Tartu cloud"
    )]
    name: String,
    /// The customer's uuid or address; it must be registered before.
    #[schema(example = "211ca3327de945899375749bd55dae4a")]
    customer: Id,
}

/// A registered service.
#[derive(Serialize, ToSchema)]
pub struct ServiceView {
    url: String,
    uuid: Id,
    name: String,
    /// The customer's address.
    customer: String,
    customer_uuid: Id,
    customer_name: String,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
}

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ServiceQuery {
    /// Of this customer: uuid or address.
    customer: Option<Id>,
    /// Part of the name, whatever the case.
    name: Option<String>,
}

/// Register or update a service.
///
/// A resource that is registered with `service_uuid` registers its service too.
#[utoipa::path(put, path = "/api/services/{uuid}/", tag = "services",
    extensions(("x-may-call" = json!(["pusher", "staff"]))),
    params(("uuid" = Id, Path, description = "NodeConductor's uuid of the service")), request_body = ServiceBody,
    responses(
        (status = CREATED, description = "Registered.", body = ServiceView),
        (status = OK, description = "Changed, or the same as before.", body = ServiceView),
        (status = BAD_REQUEST, description = "A field is wrong, or its customer is not registered; the body names it."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only pushers and staff may register."),
        (status = CONFLICT, description = "Resources or prices hang on it under another customer.")))]
pub async fn put(
    _: MayPush,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<ServiceBody>,
) -> Answer<(StatusCode, axum::Json<ServiceView>)> {
    let mut form = Form::default();
    let name = form.take("name", text::name(&body.name, 255));
    form.done()?;
    let registered = services::register(&state.pool, state.clock.now(), uuid, body.customer.0, &name).await?;
    let service = services::find(&state.pool, uuid, None).await?;
    Ok((status(registered), shown(&links, service)?))
}

/// One service.
#[utoipa::path(get, path = "/api/services/{uuid}/", tag = "services",
    params(("uuid" = Id, Path, description = "The service's uuid")),
    responses(
        (status = OK, description = "The service.", body = ServiceView),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "Not registered, or not the caller's.")))]
pub async fn show(
    caller: Caller,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<ServiceView>> {
    shown(&links, services::find(&state.pool, uuid, caller.visible_usage()).await?)
}

/// The services that the caller may see, by name.
#[utoipa::path(get, path = "/api/services/", tag = "services", params(PageParams, ServiceQuery),
    responses(
        (status = OK, description = "One page; the total stands in X-Result-Count.", body = [ServiceView]),
        (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    caller: Caller,
    State(state): State<AppState>,
    links: Links,
    Query(query): Query<ServiceQuery>,
    page: Page,
) -> Answer<Response> {
    let filter = ServiceFilter {
        visible: caller.visible_usage().map(<[Uuid]>::to_vec),
        customer: query.customer.map(|Id(customer)| customer),
        name: query.name,
    };
    let listing = page.of(services::count(&state.pool, &filter).await?)?;
    let rows = services::list(&state.pool, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|service| ServiceView::new(&links, service))))
}

fn shown(links: &Links, service: Option<Service>) -> Answer<axum::Json<ServiceView>> {
    let service = service.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(ServiceView::new(links, service)))
}

impl ServiceView {
    fn new(links: &Links, service: Service) -> Self {
        Self {
            url: links.object("services", service.uuid),
            uuid: Id(service.uuid),
            name: service.name,
            customer: links.object("customers", service.customer_uuid),
            customer_uuid: Id(service.customer_uuid),
            customer_name: service.customer_name,
            created: service.created_at,
            modified: service.updated_at,
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::UnknownCustomer => Self::field(
                "customer",
                "No customer with this uuid is registered; PUT it to /api/customers/ first.",
            ),
            ServiceError::Foreign => Self::conflict(
                "customer_fixed",
                "Resources or prices of another customer hang on this service; it cannot move.",
            ),
            ServiceError::Database(error) => error.into(),
        }
    }
}
