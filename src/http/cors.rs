//! Which pages in a browser may use the API, and which headers they may read (NodeConductor's, plus downloads).

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{Any, CorsLayer};

/// The layer for `origins`. `*` allows any page, but then no credentials: a browser forbids both together.
pub fn layer(origins: &[String]) -> CorsLayer {
    let requested = ["x-requested-with", "x-csrftoken", "x-request-id"].map(HeaderName::from_static);
    let readable = ["x-result-count", "x-request-id"].map(HeaderName::from_static);
    let layer = CorsLayer::new()
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers(
            [AUTHORIZATION, CONTENT_TYPE, ACCEPT]
                .into_iter()
                .chain(requested)
                .collect::<Vec<_>>(),
        )
        .expose_headers(
            [LINK, CONTENT_DISPOSITION]
                .into_iter()
                .chain(readable)
                .collect::<Vec<_>>(),
        );
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(Any);
    }
    let origins: Vec<HeaderValue> = origins
        .iter()
        .filter_map(|origin| origin.trim_end_matches('/').parse().ok())
        .collect();
    layer.allow_origin(origins).allow_credentials(true)
}
