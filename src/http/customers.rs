//! `/api/customers/`: who is billed. Registered by whoever pushes usage; repeating a registration changes nothing. `body` is
//! what clients send.

mod body;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::auth::{Caller, MayPush};
use super::extract::{Json, Path, Query};
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::registering::status;
use super::state::AppState;
use crate::db::accounts::{AUTO_INVOICING_OFF, PARK};
use crate::db::customers::{self, Customer, CustomerFilter, Registered};
use crate::db::obstacles;
use body::CustomerBody;

/// A registered customer.
#[derive(Serialize, ToSchema)]
pub struct CustomerView {
    url: String,
    uuid: Id,
    name: String,
    native_name: String,
    abbreviation: String,
    email: String,
    contact_details: String,
    number: String,
    address: String,
    country: String,
    postal: String,
    phone: String,
    bank: String,
    account: String,
    vat_code: String,
    registration_code: String,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    /// Kill Bill's account, once it exists there.
    backend_id: Option<Uuid>,
    /// Whether Kill Bill makes invoices for it: `on`; `off` when somebody wanted it so (tag AUTO_INVOICING_OFF); `parked`
    /// when it failed and waits for a person. `/api/discrepancies/?customer=` says what is to be done.
    invoicing: &'static str,
    /// Why its charges and credits wait, when something stood in their way at the last pass.
    settling_error: Option<String>,
    /// The name as Kill Bill has it, where it does not take the one above: what is left out is marked. Money goes all the same.
    told_name: Option<String>,
    /// Why Kill Bill could not be told the name at the last try; it is tried again by itself.
    telling_error: Option<String>,
}

/// One word for an account's tags.
pub(super) fn invoicing(tags: &[String]) -> &'static str {
    let tagged = |tag: &str| tags.iter().any(|name| name == tag);
    match () {
        () if tagged(PARK) => "parked",
        () if tagged(AUTO_INVOICING_OFF) => "off",
        () => "on",
    }
}

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// Part of the name or native name, whatever the case.
    name: Option<String>,
    /// Exactly this customer: uuid or address.
    customer: Option<Id>,
}

/// Register or update a customer.
#[utoipa::path(put, path = "/api/customers/{uuid}/", tag = "customers",
    extensions(("x-may-call" = json!(["pusher", "staff"]))),
    params(("uuid" = Id, Path, description = "NodeConductor's uuid of the customer")), request_body = CustomerBody,
    responses(
        (status = CREATED, description = "Registered.", body = CustomerView),
        (status = OK, description = "Changed, or the same as before.", body = CustomerView),
        (status = BAD_REQUEST, description = "A field is wrong; the body names it."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only pushers and staff may register.")))]
pub async fn put(
    _: MayPush,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<CustomerBody>,
) -> Answer<(StatusCode, axum::Json<CustomerView>)> {
    let registered = customers::register(&state.pool, state.clock.now(), &body.facts(uuid)?).await?;
    if registered != Registered::Same {
        // What Kill Bill refused about it may be mended.
        obstacles::look_soon(&state.pool, Some(uuid), state.clock.now()).await?;
        state.registered();
    }
    let customer = customers::find(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok((status(registered), axum::Json(view(&links, customer))))
}

/// One customer.
#[utoipa::path(get, path = "/api/customers/{uuid}/", tag = "customers",
    params(("uuid" = Id, Path, description = "NodeConductor's uuid of the customer")),
    responses(
        (status = OK, description = "The customer.", body = CustomerView),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "Not registered, or not the caller's.")))]
pub async fn show(
    caller: Caller,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<CustomerView>> {
    if caller
        .visible_usage()
        .is_some_and(|customers| !customers.contains(&uuid))
    {
        return Err(Problem::not_found());
    }
    let customer = customers::find(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(axum::Json(view(&links, customer)))
}

/// The customers that the caller may see, by name.
#[utoipa::path(get, path = "/api/customers/", tag = "customers", params(PageParams, CustomerQuery),
    responses(
        (status = OK, description = "One page; the total stands in X-Result-Count.", body = [CustomerView]),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    caller: Caller,
    State(state): State<AppState>,
    links: Links,
    Query(query): Query<CustomerQuery>,
    page: Page,
) -> Answer<Response> {
    let visible = caller.visible_usage().map(<[Uuid]>::to_vec);
    let visible = match query.customer {
        Some(Id(wanted)) if visible.as_ref().is_none_or(|all| all.contains(&wanted)) => Some(vec![wanted]),
        Some(_) => Some(Vec::new()),
        None => visible,
    };
    let filter = CustomerFilter {
        visible,
        name: query.name,
    };
    let listing = page.of(customers::count(&state.pool, &filter).await?)?;
    let rows = customers::list(&state.pool, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|customer| view(&links, customer))))
}

fn view(links: &Links, customer: Customer) -> CustomerView {
    let billing = customer.billing.0;
    CustomerView {
        url: links.object("customers", customer.uuid),
        uuid: Id(customer.uuid),
        name: customer.name,
        native_name: customer.native_name,
        abbreviation: customer.abbreviation,
        email: customer.email,
        contact_details: customer.contact_details,
        number: customer.number,
        address: billing.address,
        country: billing.country,
        postal: billing.postal,
        phone: billing.phone,
        bank: billing.bank,
        account: billing.account,
        vat_code: billing.vat_code,
        registration_code: billing.registration_code,
        created: customer.created_at,
        modified: customer.updated_at,
        backend_id: customer.account_id,
        invoicing: invoicing(&customer.account_tags),
        settling_error: customer.settling_error,
        told_name: customer.shown_name,
        telling_error: customer.telling_error,
    }
}
