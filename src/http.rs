//! The web side: one file per resource of the API, and here the table of all of them with what stands around them.
//! Handlers parse, ask `db`, and answer; rules live in `domain`, SQL in `db`.

#![expect(
    clippy::missing_errors_doc,
    reason = "a handler's errors stand in its `utoipa::path`"
)]

pub mod attempts;
pub mod audit;
pub mod auth;
pub mod client_address;
pub mod corrections;
pub mod cors;
pub mod csv;
pub mod customers;
pub mod decimals;
pub mod deliveries;
pub mod discrepancies;
pub mod documents;
pub mod estimates;
pub mod extract;
pub mod fallback;
pub mod family;
pub mod form;
pub mod format;
pub mod health;
pub mod holds;
pub mod ids;
pub mod instants;
pub mod invoices;
pub mod jobs;
pub mod links;
pub mod mails;
pub mod metrics;
pub mod missing_hours;
pub mod notifications;
pub mod nul;
pub mod number;
pub mod object;
pub mod observe;
pub mod openapi;
pub mod options;
pub mod overrides;
pub mod paging;
pub mod prices;
pub mod problem;
pub mod query;
pub mod redact;
mod registering;
pub mod reports;
pub mod representation;
pub mod resources;
pub mod seats;
pub mod server;
pub mod services;
pub mod settlements;
pub mod state;
pub mod texts;
pub mod total_cost;
pub mod usage;
mod words;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::routing::get;
use axum::{Router, middleware};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use family::OVERRIDES;
use state::AppState;

/// Every address of the service, described for OpenAPI by its handler.
fn table() -> OpenApiRouter<AppState> {
    let table = OpenApiRouter::with_openapi(openapi::Frame::openapi());
    let table = of_work(of_invoices(of_prices(of_usage(table))));
    // The same at both addresses of invoices.
    let invoices = [
        routes!(invoices::evidence),
        routes!(invoices::reconciliation),
        routes!(documents::invoice),
        routes!(documents::usage),
        routes!(reports::annual),
    ];
    let overrides = [
        routes!(overrides::list, overrides::create),
        routes!(
            overrides::show,
            overrides::replace,
            overrides::change,
            overrides::delete
        ),
    ];
    family::both(family::also(table, overrides, OVERRIDES), invoices)
}

/// Customers, what they use, and the hours of it.
fn of_usage(table: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    table
        .routes(routes!(customers::list))
        .routes(routes!(customers::show, customers::put))
        .routes(routes!(resources::list))
        .routes(routes!(resources::show, resources::put))
        .routes(routes!(resources::terminate))
        .routes(routes!(services::list))
        .routes(routes!(services::show, services::put))
        .routes(routes!(usage::push, usage::list))
        .routes(routes!(usage::show))
        .routes(routes!(holds::list))
        .routes(routes!(holds::examine))
        .routes(routes!(holds::release))
        .routes(routes!(holds::releases))
        .routes(routes!(missing_hours::list))
        .routes(routes!(missing_hours::declare))
        .routes(routes!(missing_hours::declarations))
        .routes(routes!(missing_hours::withdraw))
}

/// Prices, and what a month is to cost by them.
fn of_prices(table: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    table
        .routes(routes!(prices::list))
        .routes(routes!(prices::show))
        .routes(routes!(prices::changes))
        .routes(routes!(prices::merged))
        .routes(routes!(prices::merged_item))
        .routes(routes!(prices::monthly))
        .routes(routes!(overrides::history))
        .routes(routes!(estimates::list, estimates::create))
        .routes(routes!(
            estimates::show,
            estimates::replace,
            estimates::change,
            estimates::delete
        ))
        .routes(routes!(estimates::consumed))
        .routes(routes!(estimates::thresholds, estimates::threshold))
        .routes(routes!(estimates::limits, estimates::limit))
        .routes(routes!(estimates::estimated_price))
}

/// Invoices, at their two addresses.
fn of_invoices(table: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    table
        .routes(routes!(reports::annual_of_customers))
        .routes(routes!(invoices::lines))
        .routes(routes!(invoices::list))
        .routes(routes!(invoices::show))
        .routes(routes!(invoices::items))
        .routes(routes!(invoices::item))
        .routes(routes!(invoices::send_notification))
        .routes(routes!(total_cost::total_cost))
        .routes(routes!(invoices::killbill_list))
        .routes(routes!(invoices::killbill_show))
        .routes(routes!(invoices::killbill_items))
        .routes(routes!(invoices::killbill_item))
}

/// What is on its way to Kill Bill and to people, and the service itself.
fn of_work(table: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    table
        .routes(routes!(discrepancies::list))
        .routes(routes!(discrepancies::show))
        .routes(routes!(discrepancies::accept::accept))
        .routes(routes!(discrepancies::accept::reopen))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::show))
        .routes(routes!(deliveries::retry))
        .routes(routes!(deliveries::retry_all))
        .routes(routes!(settlements::list))
        .routes(routes!(settlements::show))
        .routes(routes!(settlements::retry))
        .routes(routes!(corrections::list))
        .routes(routes!(corrections::show))
        .routes(routes!(corrections::approve))
        .routes(routes!(corrections::decline))
        .routes(routes!(mails::list))
        .routes(routes!(mails::bounces))
        .routes(routes!(mails::show))
        .routes(routes!(mails::retry))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::run))
        .routes(routes!(jobs::pause))
        .routes(routes!(jobs::resume))
        .routes(routes!(notifications::receive))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::show))
}

/// The API as it is served, to those who read and to those who bring data ([`seats::is_push`]), and as our own pages ask it, with
/// nothing around it but the trail.
pub struct Api {
    pub reads: Router,
    pub pushes: Router,
    pub inside: Router,
}

/// The API, ready.
#[must_use]
pub fn api(state: AppState) -> Api {
    let (table, document) = table().split_for_parts();
    let description = openapi::description(document);
    let bringing = state.for_pushes();
    let pushes = served(audited(table.clone(), &bringing), description, bringing);
    let table = audited(table, &state);
    Api {
        reads: served(table.clone(), description, state.clone()),
        pushes,
        inside: table.with_state(state),
    }
}

fn audited(table: Router<AppState>, state: &AppState) -> Router<AppState> {
    let audited = audit::Audited {
        plain: table.clone().with_state(state.clone()),
        state: state.clone(),
    };
    table.layer(middleware::from_fn_with_state(audited, audit::keep))
}

fn served(table: Router<AppState>, description: &'static openapi::Description, state: AppState) -> Router {
    // Who calls is found out before a seat is taken: that may need NodeConductor's answer.
    let seated = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(state.clone(), auth::identify))
        .layer(middleware::from_fn_with_state(state.clone(), seats::take));
    let table = table.layer(seated);
    let other_method =
        |State(state): State<AppState>, request: Request| options::describe(description.value.clone(), state, request);
    // From the outside in: what is listed first sees the request first.
    let around = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(state.clone(), observe::observe))
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(middleware::from_fn(options::mark))
        .layer(cors::layer(&state.http.cors_origins))
        // A PDF is compressed already, and its tag stands for its very bytes.
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(NotForContentType::const_new("application/pdf"))),
        )
        .layer(middleware::from_fn(representation::represent))
        .layer(middleware::from_fn(nul::refuse_nul))
        .layer(DefaultBodyLimit::max(state.http.body_limit));
    table
        .merge(openapi::routes(description))
        .fallback(fallback::unknown_path)
        .method_not_allowed_fallback(other_method)
        .layer(around)
        .with_state(state)
}

/// The metrics alone, for an address of their own.
pub fn metrics_router(state: AppState) -> Router {
    let around = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(state.clone(), observe::observe))
        .layer(CatchPanicLayer::custom(observe::panicked));
    Router::new()
        .route("/metrics", get(metrics::apart))
        .layer(around)
        .with_state(state)
}
