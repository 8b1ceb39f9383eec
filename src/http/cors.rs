//! Which pages in a browser may use the API, and which headers they may read (NodeConductor's, plus downloads).

use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LINK, RETRY_AFTER,
};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::config::ANY_PORT;

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
    let origins: Vec<String> = origins
        .iter()
        .map(|origin| origin.trim_end_matches('/').to_owned())
        .collect();
    let allowed = move |origin: &HeaderValue, _: &Parts| {
        let origin = origin.to_str().unwrap_or_default();
        origins.iter().any(|allowed| is_allowed(origin, allowed))
    };
    layer
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_credentials(true)
}

/// The very origin; or that host at any port, where the setting says `:*`.
fn is_allowed(origin: &str, allowed: &str) -> bool {
    let Some(host) = allowed.strip_suffix(ANY_PORT) else {
        return origin == allowed;
    };
    let port = origin.strip_prefix(host);
    port.is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn a_host_at_any_port_is_that_host_and_no_longer_name() {
        for (origin, allowed, right) in [
            ("http://localhost:8001", "http://localhost:*", true),
            ("http://localhost", "http://localhost:*", true),
            ("https://localhost:8001", "http://localhost:*", false),
            ("http://localhost.evil.test", "http://localhost:*", false),
            ("http://localhost:8001.evil.test", "http://localhost:*", false),
            ("http://localhost:", "http://localhost:*", false),
            ("http://localhost:8001", "http://localhost", false),
            ("https://hp.test", "https://hp.test", true),
        ] {
            assert_eq!(is_allowed(origin, allowed), right, "{origin} by {allowed}");
        }
    }
}
