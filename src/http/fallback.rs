//! Addresses that no handler has, and methods that a handler lacks.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// 404, but a GET below `/api/` without its trailing slash is sent there with 301, as Django did.
pub async fn unknown_path(request: Request) -> Response {
    match with_slash(&request) {
        Some(location) => (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, location)]).into_response(),
        None => Problem::not_found().into_response(),
    }
}

/// 405 in JSON; axum adds `Allow`.
#[must_use]
pub fn unknown_method(method: &Method) -> Problem {
    let detail = format!("Method \"{method}\" not allowed.");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

fn with_slash(request: &Request) -> Option<HeaderValue> {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads || !path.starts_with("/api/") || path.ends_with('/') {
        return None;
    }
    let query = request
        .uri()
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    HeaderValue::try_from(format!("{path}/{query}")).ok()
}
