//! What went wrong, as a page that says what happened, what was saved and what to do. Handlers return a [`Failure`]; the guard
//! draws it in the reader's language.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody is signed in, or no longer; the address that was asked for.
    SignedOut(String),
    /// A support user may not act.
    NotAllowed,
    /// The form does not come from a page of ours, or from one of another session.
    Forged,
    /// The API said no.
    Refused(StatusCode, Value),
    /// An answer of the API lacks what a page shows: a fault of ours, named.
    Shape(String),
    Database(sqlx::Error),
    Session(tower_sessions::session::Error),
    Template(askama::Error),
    Panic,
}

/// What a handler of a page returns.
pub(super) type Shown<T = Response> = Result<T, Failure>;

impl Failure {
    pub(super) const fn not_found() -> Self {
        Self::Refused(StatusCode::NOT_FOUND, Value::Null)
    }

    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut(_) => StatusCode::SEE_OTHER,
            Self::NotAllowed | Self::Forged => StatusCode::FORBIDDEN,
            Self::Refused(status, _) => *status,
            Self::Database(_) | Self::Session(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Shape(_) | Self::Template(_) | Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What happened, and what to do.
    pub(super) fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::SignedOut(_) => ("You are not signed in.", "Sign in and try again."),
            Self::NotAllowed => (
                "You may look at everything, but not act.",
                "Ask somebody with the role staff to do it.",
            ),
            Self::Forged => (
                "This form was not made for your session.",
                "Open the page again and send the form from there.",
            ),
            Self::Refused(StatusCode::NOT_FOUND, _) => (
                "There is no such page or thing.",
                "Look for it by its number, name or uuid with the search field.",
            ),
            Self::Refused(StatusCode::SERVICE_UNAVAILABLE, _) | Self::Database(_) | Self::Session(_) => (
                "The database is not available.",
                "Usage that was accepted is safe. Try again in a moment.",
            ),
            Self::Refused(StatusCode::BAD_REQUEST, _) => (
                "A filter or a field is wrong.",
                "Go back, mend what is named and send it again.",
            ),
            Self::Refused(StatusCode::CONFLICT, _) => (
                "Somebody or something was faster.",
                "Look at how it stands now before you act again.",
            ),
            Self::Refused(..) => ("The service refused it.", "Go back and look at the page again."),
            Self::Shape(_) | Self::Template(_) | Self::Panic => (
                "The page could not be drawn: a fault of this service.",
                "The log names it under this request's number. Money is not touched by it.",
            ),
        }
    }

    /// The particulars in the API's words.
    pub(super) fn detail(&self) -> Vec<String> {
        match self {
            Self::Refused(_, body) => particulars(body),
            _ => Vec::new(),
        }
    }

    fn log(&self) {
        match self {
            Self::Shape(key) => tracing::error!(key, "an answer of the API lacks a key that a page shows"),
            Self::Database(error) => tracing::warn!(%error, "the database is not available"),
            Self::Session(error) => tracing::warn!(%error, "the session could not be read"),
            Self::Template(error) => tracing::error!(%error, "a page could not be drawn"),
            _ => {}
        }
    }
}

/// `{"detail": …}`, or `{"field": ["…"]}`, as sentences.
pub(super) fn particulars(body: &Value) -> Vec<String> {
    let Some(fields) = body.as_object() else {
        return Vec::new();
    };
    if let Some(detail) = fields.get("detail").and_then(Value::as_str) {
        return vec![detail.to_owned()];
    }
    // A push names what is wrong with each record.
    if let Some(results) = fields.get("results").and_then(Value::as_array) {
        let details = results.iter().filter_map(|result| result.get("detail")?.as_str());
        return details.map(str::to_owned).collect();
    }
    let texts = fields.iter().flat_map(|(field, said)| {
        let said: Vec<&str> = said
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        said.into_iter().map(move |text| format!("{field}: {text}"))
    });
    texts.collect()
}

/// Carries a failure from the handler to the guard.
#[derive(Clone)]
struct Carried(Arc<Mutex<Option<Failure>>>);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.log();
        let mut response = self.status().into_response();
        response
            .extensions_mut()
            .insert(Carried(Arc::new(Mutex::new(Some(self)))));
        response
    }
}

/// The failure that a handler left there.
pub(super) fn carried(extensions: &Extensions) -> Option<Failure> {
    let carried = extensions.get::<Carried>()?;
    carried.0.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// What a panic in a handler becomes.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the box")]
pub(super) fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("unknown"), "a page panicked");
    Failure::Panic.into_response()
}

/// An address that no page has.
pub(super) async fn unknown() -> Failure {
    Failure::not_found()
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<tower_sessions::session::Error> for Failure {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self::Session(error)
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Template(error)
    }
}
