//! Around every request: an id, a span, a time limit, one log line, one measurement. Tokens never get into either.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tracing::{Instrument, Span, field, info, info_span};
use uuid::Uuid;

use super::problem::Problem;
use super::query;
use super::redact::redacted;
use super::state::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const NOTIFICATIONS: &str = "/killbill/notifications/";

/// The layer itself; it stands outermost.
pub async fn observe(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let span = span(&request, &id);
    let started = Instant::now();
    let answer = state.backends.while_wanted(next.run(request));
    let mut response = within(state.http.request_timeout, answer)
        .instrument(span.clone())
        .await;
    let (status, elapsed) = (response.status(), started.elapsed());
    span.in_scope(|| info!(status = status.as_u16(), ms = elapsed.as_millis(), "answered"));
    metrics::histogram!(
        "ncb_http_request_seconds",
        "method" => label(&method), "route" => route, "status" => status.as_str().to_owned()
    )
    .record(elapsed);
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A label must not have as many values as clients can think of.
fn label(method: &Method) -> String {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let word = if known.contains(method) {
        method.as_str()
    } else {
        "other"
    };
    word.to_owned()
}

/// A handler that takes too long is dropped; its queries end and its transaction rolls back with it.
async fn within(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
        tracing::error!(?limit, "gave up");
        Problem::unavailable("The request took too long; try again.").into_response()
    })
}

/// The caller's id when it is a plain short word, so that it can be followed across services; else a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain =
        |id: &&str| (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    given
        .filter(plain)
        .map_or_else(|| Uuid::now_v7().simple().to_string(), str::to_owned)
}

fn span(request: &Request, id: &str) -> Span {
    let path = request.uri().path();
    // The notification address holds a secret.
    let path = if path.starts_with(NOTIFICATIONS) {
        NOTIFICATIONS.to_owned()
    } else {
        redacted(path)
    };
    let query = request.uri().query().map(query::without_token).unwrap_or_default();
    info_span!("request", id, method = %request.method(), path, query, caller = field::Empty)
}

/// What a panic in a handler becomes.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the box")]
pub fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(panic = text, "a handler panicked");
    Problem::internal().into_response()
}
