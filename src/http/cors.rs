//! Which pages in a browser may use the API, and which headers they may read (NodeConductor's, plus downloads).

use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LINK, RETRY_AFTER,
};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{Any, CorsLayer};

/// The layer for `origins`. `*` allows any page, but then no credentials: a browser forbids both together.
pub fn layer(origins: &[String]) -> CorsLayer {
    let requested = ["x-requested-with", "x-csrftoken", "x-request-id"].map(HeaderName::from_static);
    let readable = ["x-result-count", "x-request-id", "x-document-version"].map(HeaderName::from_static);
    let layer = CorsLayer::new()
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers(
            [
                AUTHORIZATION,
                CONTENT_TYPE,
                CONTENT_ENCODING,
                ACCEPT,
                ACCEPT_ENCODING,
                IF_NONE_MATCH,
                IF_MODIFIED_SINCE,
            ]
            .into_iter()
            .chain(requested)
            .collect::<Vec<_>>(),
        )
        .expose_headers(
            [LINK, CONTENT_DISPOSITION, ETAG, LAST_MODIFIED, RETRY_AFTER]
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
