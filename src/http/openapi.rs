//! The API's own description: OpenAPI 3.1 at `/api/schema/`, and a page over it that needs no internet.
//! Paths and schemas come from the handlers; here is only what stands above them, and `complete` adds what holds for all.

mod closed;
mod complete;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::RawQuery;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::Value;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::ids::Id;
use super::instants::{HourText, MonthText};
use super::problem::Refusal;
use super::query;
use super::state::AppState;
use super::texts::{
    AmountText, InvoiceOrderText, InvoiceStateText, InvoiceStatusText, KindsText, LineStatusText, SwitchText,
};
use crate::db::discrepancies::DiscrepancyOrder;
use crate::db::estimates::Bound;

/// What the page asks for.
const READABLE: &str = "/api/schema/?readable=true";

/// The frame of the document.
#[derive(OpenApi)]
#[openapi(
    paths(schema, page),
    info(
        title = "nodeconductor-billing",
        description = "Takes NodeConductor's hourly usage, delivers it to Kill Bill exactly once and gives back explained \
            invoices.\n\nEvery address ends with a slash. Lists are bare arrays: the total stands in `X-Result-Count`, the \
            neighbouring pages in `Link`. uuids are 32 hex digits; dashes and whole addresses are accepted too. Decimals are \
            strings. Instants are UTC. Whatever is read as JSON takes `field`, and then the answers hold only these keys, also \
            without those that a schema requires. A parameter without a value counts as not given, an unknown one is ignored. \
            `OPTIONS` describes each address below. A refusal is `{\"detail\": …, \"code\": …}`, or `{\"field\": [\"…\"]}` when a field of \
            the request is wrong."
    ),
    components(schemas(
        Id, Refusal, HourText, MonthText, KindsText, AmountText, InvoiceOrderText, InvoiceStateText, InvoiceStatusText, LineStatusText, SwitchText,
        Bound, DiscrepancyOrder
    )),
    modifiers(&Tokens),
    security(("token" = []), ("token_in_address" = [])),
    tags(
        (name = "customers", description = "Who is billed. Registered by whoever pushes usage."),
        (name = "resources", description = "What consumes: virtual machines, databases, licences."),
        (name = "services", description = "Where resources run, and whose the services are."),
        (name = "usage", description = "Hourly consumption: pushed, and read back with what became of it."),
        (name = "prices", description = "The price list, as Kill Bill's catalog has it, and the prices that owners of services set beside it."),
        (name = "estimates", description = "What a month costs or will cost: rated from our own records, rolled up, and held against Kill Bill's dry run."),
        (name = "invoices", description = "Kill Bill's invoices, line by line with the usage behind each, and as documents."),
        (name = "deliveries", description = "The sends of usage to Kill Bill: what was sent when, and what was answered."),
        (name = "settlements", description = "Corrections, late hours and monthly prices by the hour: charges and credits, and what waits for consent."),
        (name = "mails", description = "Invoices by e-mail: which letters went, wait, were refused or came back."),
        (name = "jobs", description = "The periodic work."),
        (name = "operation", description = "Health and measurements.")
    )
)]
pub struct Frame;

/// This description, as OpenAPI 3.1.
#[utoipa::path(get, path = "/api/schema/", tag = "operation", security(()), params(
    ("readable" = Option<SwitchText>, Query, description = "`true`: without `multipleOf`, of which some readers cannot print the smallest.")
), responses(
    (status = OK, description = "The document.", body = Object)))]
#[expect(dead_code, reason = "describes what `routes` serves")]
const fn schema() {}

/// This description as a page, for people.
#[utoipa::path(get, path = "/api/docs/", tag = "operation", security(()), responses(
    (status = OK, description = "The page; it needs no internet.", content_type = "text/html", body = String)))]
#[expect(dead_code, reason = "as above")]
const fn page() {}

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let header = "The word Token, a space, and the key: `Token 0123456789abcdef0123456789abcdef01234567`.";
        let address = "The key alone, for links that a browser opens. Prefer the header: addresses end up in logs.";
        let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", header)));
        let address = SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description("x-auth-token", address)));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", header);
        components.add_security_scheme("token_in_address", address);
    }
}

/// The whole document, in the shapes that are asked for.
pub struct Description {
    pub value: Arc<Value>,
    text: String,
    /// For the page.
    readable: String,
}

/// Completes `document` and writes it down: once for a process, for it is the same for all its routers.
pub fn description(mut document: utoipa::openapi::OpenApi) -> &'static Description {
    static WRITTEN: OnceLock<Description> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        complete::complete(&mut document);
        let value = serde_json::to_value(&document).unwrap_or_default();
        Description {
            readable: readable(value.clone()).to_string(),
            value: Arc::new(value),
            text: document.to_pretty_json().unwrap_or_default(),
        }
    })
}

/// The same without `multipleOf`: a number that JavaScript prints with an exponent, such as 1e-9, breaks the whole page.
fn readable(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .filter(|(key, _)| key != "multipleOf")
            .map(|(key, value)| (key, readable(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(readable).collect(),
        other => other,
    }
}

/// The two addresses that show it.
pub fn routes(description: &'static Description) -> Router<AppState> {
    let schema = get(move |RawQuery(query): RawQuery| async move {
        let query = query.unwrap_or_default();
        let readable = query::filters(&query)
            .iter()
            .any(|(name, value)| name == "readable" && value == "true");
        let text = if readable {
            &description.readable
        } else {
            &description.text
        };
        ([(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response()
    });
    let page = SwaggerUi::new("/api/docs/").config(Config::from(READABLE).validator_url("none"));
    Router::new().route("/api/schema/", schema).merge(page)
}
