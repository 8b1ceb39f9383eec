//! The one shape of every refusal: `{"detail": …, "code": …}`, or `{"field": ["…"]}` for what the client wrote wrong.
//! Causes inside the service are logged in the request's span; the client never sees them.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::redact::redacted;

/// Why a request was not answered with what it asked for.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    body: Value,
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

/// Either shape of a refusal, for the API's description.
#[derive(utoipa::ToSchema)]
#[schema(description = "Why a request was not answered: in words with a code, or the fields that are wrong.")]
#[serde(untagged)]
pub enum Refusal {
    Words {
        detail: String,
        code: String,
    },
    Fields(BTreeMap<String, Vec<String>>),
    /// As NodeConductor answered for a wrong address in a filter and for a price that exists.
    Sentences(Vec<String>),
}

/// What a handler returns.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    /// Any refusal in words, with a code for programs.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self::with_body(status, json!({ "detail": detail.into(), "code": code }))
    }

    /// A refusal whose body has its own documented shape.
    #[must_use]
    pub const fn with_body(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            body,
            headers: Vec::new(),
        }
    }

    /// 400: one field of the request, named, and what is wrong with it.
    #[must_use]
    pub fn field(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::fields(&BTreeMap::from([(name.into(), vec![text.into()])]))
    }

    /// 400: several fields at once.
    #[must_use]
    pub fn fields(fields: &BTreeMap<String, Vec<String>>) -> Self {
        Self::with_body(StatusCode::BAD_REQUEST, json!(fields))
    }

    /// 400 without a field to name.
    #[must_use]
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 403: the token is good, its role does not reach.
    #[must_use]
    pub fn forbidden() -> Self {
        let detail = "You do not have permission to perform this action.";
        Self::new(StatusCode::FORBIDDEN, "permission_denied", detail)
    }

    /// 404, also for what the caller may not see.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found.")
    }

    /// 400 for an address that names nothing the caller may see, in NodeConductor's words and its bare list.
    #[must_use]
    pub fn unrestorable(address: &str) -> Self {
        let text = format!("Can`t restore object from url: {address}");
        Self::with_body(StatusCode::BAD_REQUEST, json!([text]))
    }

    /// 409: well-formed, but the state of things does not allow it.
    #[must_use]
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 413: more than `limit` bytes.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("The body is larger than {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// 503: nothing is wrong with the request; try it again.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        problem.header(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// 503: as many as can be answered are being answered.
    #[must_use]
    pub fn busy() -> Self {
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "Too many requests at once; try again.",
        );
        problem.header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// 500: our fault. Log the cause before.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error")
    }

    /// What it says.
    #[must_use]
    pub const fn body(&self) -> &Value {
        &self.body
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        redact(&mut self.body);
        let mut response = (self.status, Json(self.body)).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

/// Values that are echoed may be addresses with a token in them.
fn redact(body: &mut Value) {
    match body {
        Value::String(text) => *text = redacted(text),
        Value::Array(all) => all.iter_mut().for_each(redact),
        Value::Object(all) => all.values_mut().for_each(redact),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if is_passing(&error) {
            tracing::warn!(error = %error, "the database is not available in time");
            return Self::unavailable("The database is not available, or busy; try again.");
        }
        tracing::error!(error = %error, "the database refused a query");
        Self::internal()
    }
}

/// Whether the same request can succeed a moment later.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
        sqlx::Error::Database(refusal) => refusal.code().is_some_and(|code| {
            // Connection lost (08), out of connections or memory (53), shut down or took too long (57), lost a race (40),
            // waited too long for a lock (55P03).
            ["08", "53", "57", "40", "55P03"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}
