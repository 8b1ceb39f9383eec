//! Addresses that no handler has, and methods that a handler lacks.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::query::has_token;
use super::redact::redacted;
use super::state::AppState;

/// 404, but a GET below `/api/` without its trailing slash is sent there with 301, as Django did.
pub async fn unknown_path(State(state): State<AppState>, request: Request) -> Response {
    match with_slash(&state, &request) {
        Some(location) => redirected(location, request.uri().query().is_some_and(has_token)),
        None => Problem::not_found().into_response(),
    }
}

/// The client needs its token at the new address too; nobody on the way should keep it or pass it on.
fn redirected(location: HeaderValue, with_token: bool) -> Response {
    let mut answer = (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]).into_response();
    if with_token {
        let quiet = [
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        let quiet = quiet.map(|(name, value)| (name, HeaderValue::from_static(value)));
        answer.headers_mut().extend(quiet);
    }
    answer
}

/// 405 in JSON; axum adds `Allow`.
#[must_use]
pub fn unknown_method(method: &Method) -> Problem {
    let detail = format!("Method \"{method}\" not allowed.");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// Below the path of the public address: a gateway may serve us under one.
fn with_slash(state: &AppState, request: &Request) -> Option<HeaderValue> {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    // A token within the path opens nothing there.
    if !reads || !path.starts_with("/api/") || path.ends_with('/') || redacted(path) != path {
        return None;
    }
    let query = request
        .uri()
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let public = state
        .http
        .public_url
        .as_deref()
        .and_then(|url| url::Url::parse(url).ok());
    let before = public.map(|url| url.path().trim_end_matches('/').to_owned());
    HeaderValue::try_from(format!("{}{path}/{query}", before.unwrap_or_default())).ok()
}
