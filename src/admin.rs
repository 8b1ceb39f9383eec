//! The pages for the people who run billing, at `/admin/`: server-rendered, without a script that anything depends on.
//!
//! ```text
//! request ─▶ guard (headers, session, errors as pages) ─▶ list · thing · act ─▶ ask ─▶ the API's own handlers
//!                                                          └─ what each shows: pages/*.rs
//! ```
//!
//! Pages are declared, not written: a list names its address in the API, its columns and filters. Nothing is decided here.

mod account;
mod act;
mod ask;
mod assets;
mod catalog;
mod chart;
mod column;
mod csv;
mod declared;
mod form;
mod frame;
mod guard;
mod invoice;
mod jobs;
mod list;
mod month;
mod overview;
mod pages;
mod paging;
mod passed;
mod passwords;
mod people;
mod person;
mod problem;
mod query;
mod search;
mod settings;
mod sign_in;
mod state;
mod texts;
mod thing;
mod tokens;
mod trail;
mod view;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::http::observe;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use state::AdminState;

/// Forms are small; a catalog that is pasted is the largest.
const LARGEST_FORM: usize = 1024 * 1024;

/// The pages; they ask `api` in the name of whoever is signed in.
pub fn router(state: AppState, api: Router) -> Router {
    let admin = AdminState::new(state.clone(), api);
    let around = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(state, observe::observe))
        .layer(
            CompressionLayer::new()
                .compress_when(DefaultPredicate::new().and(NotForContentType::const_new("application/pdf"))),
        )
        .layer(middleware::from_fn_with_state(admin.clone(), guard::guard))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(person::sessions(&admin))
        .layer(DefaultBodyLimit::max(LARGEST_FORM));
    routes().layer(around).with_state(admin)
}

fn routes() -> Router<AdminState> {
    let own = Router::new()
        .route("/admin/", get(overview::show))
        .route("/admin/jobs/{job}/{act}/", post(jobs::act))
        .route("/admin/sign-in/", get(sign_in::show).post(sign_in::enter))
        .route("/admin/sign-in/token/", post(sign_in::enter_with_token))
        .route("/admin/sign-out/", post(sign_in::leave))
        .route("/admin/account/", get(account::show))
        .route("/admin/account/password/", post(account::change_password))
        .route("/admin/account/sessions/{uuid}/end/", post(account::end))
        .route("/admin/search/", get(search::show))
        .route("/admin/people/", get(people::show).post(people::create))
        .route("/admin/people/revoke/", post(people::revoke))
        .route("/admin/tokens/", get(tokens::show).post(tokens::create))
        .route("/admin/tokens/revoke/", post(tokens::revoke))
        .route("/admin/catalog/", get(catalog::show).post(catalog::check))
        .route("/admin/settings/", get(settings::show))
        .route("/admin/settings/check/", post(settings::check))
        .route("/admin/trail/", get(trail::list))
        .route("/admin/trail/{uuid}/", get(trail::show))
        .route("/admin/invoices/{uuid}/", get(invoice::show))
        .route("/admin/invoices/{uuid}/items/{item}/", get(invoice::line))
        .route("/admin/invoices/{uuid}/{document}/", get(passed::document))
        .route("/admin/resources/{uuid}/month/", get(month::show));
    let declared = Router::new()
        .route("/admin/{page}/", get(list::show))
        .route("/admin/{page}/{uuid}/", get(thing::show))
        .route("/admin/{page}/do/{act}/", get(act::ask).post(act::perform));
    own.merge(declared)
        .route("/", get(root))
        .route(
            "/admin",
            get(async |State(state): State<AdminState>| Redirect::permanent(&state.page(""))),
        )
        .route("/admin/assets/{tag}/{name}", get(assets::serve))
        .fallback(problem::unknown)
        .method_not_allowed_fallback(problem::unknown)
}

/// A browser is sent to the pages; a program has nothing to look for here.
async fn root(State(state): State<AdminState>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return Redirect::to(&state.page("")).into_response();
    }
    Problem::not_found().into_response()
}
