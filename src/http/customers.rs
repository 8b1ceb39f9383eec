//! `/api/customers/`: who is billed. Registered by whoever pushes usage; repeating a registration changes nothing.

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
use crate::db::accounts::{AUTO_INVOICING_OFF, PARK};
use crate::db::customers::{self, Customer, CustomerFacts, CustomerFilter, Registered};
use crate::db::obstacles;
use crate::domain::text;

/// What is registered about a customer. Optional fields that are left out are emptied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerBody {
    /// Up to 255 characters. Kill Bill's account carries it.
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "Alice"
    )]
    name: String,
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "Alice C.")]
    native_name: Option<String>,
    #[schema(max_length = 32, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    abbreviation: Option<String>,
    #[schema(
        max_length = 128,
        pattern = r"^([^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+)?$",
        example = "billing@alice.example.com"
    )]
    email: Option<String>,
    /// Several lines, printed on invoices.
    #[schema(max_length = 1000, pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")]
    contact_details: Option<String>,
    /// Customer number as printed on invoices.
    #[schema(max_length = 32, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    number: Option<String>,
}

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
    let registered = customers::register(&state.pool, state.clock.now(), &facts(uuid, &body)?).await?;
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

fn facts(uuid: Uuid, body: &CustomerBody) -> Answer<CustomerFacts> {
    let mut form = Form::default();
    let given = |field: &Option<String>| field.clone().unwrap_or_default();
    let facts = CustomerFacts {
        uuid,
        name: form.take("name", text::name(&body.name, 255)),
        native_name: form.take("native_name", text::line(&given(&body.native_name), 255)),
        abbreviation: form.take("abbreviation", text::line(&given(&body.abbreviation), 32)),
        email: form.take("email", text::line(&given(&body.email), 128)),
        contact_details: form.take("contact_details", text::lines(&given(&body.contact_details), 1000)),
        number: form.take("number", text::line(&given(&body.number), 32)),
    };
    if !facts.email.is_empty() && !text::is_email(&facts.email) {
        form.refuse("email", "Enter a valid email address.");
    }
    form.done().map(|()| facts)
}

fn view(links: &Links, customer: Customer) -> CustomerView {
    CustomerView {
        url: links.object("customers", customer.uuid),
        uuid: Id(customer.uuid),
        name: customer.name,
        native_name: customer.native_name,
        abbreviation: customer.abbreviation,
        email: customer.email,
        contact_details: customer.contact_details,
        number: customer.number,
        created: customer.created_at,
        modified: customer.updated_at,
        backend_id: customer.account_id,
        invoicing: invoicing(&customer.account_tags),
        settling_error: customer.settling_error,
        told_name: customer.shown_name,
        telling_error: customer.telling_error,
    }
}
