//! NUL, which PostgreSQL keeps nowhere: nothing can match it, and it would refuse the whole query. Answered with 400 and
//! the field.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::problem::Problem;
use super::query;

/// What is said about it.
pub const REFUSED: &str = "Null characters are not allowed.";

/// A layer that looks at the parameters.
pub async fn refuse_nul(request: Request, next: Next) -> Response {
    let pairs = query::pairs(request.uri().query().unwrap_or_default());
    let wrong = pairs
        .filter(|(name, _)| !query::is_token(name))
        .find(|(_, value)| value.contains('\0'));
    match wrong {
        Some((name, _)) => Problem::field(name, REFUSED).into_response(),
        None => next.run(request).await,
    }
}

/// An object as it is, unless a key or a text in it holds one.
///
/// # Errors
/// When one does.
pub fn free(object: Map<String, Value>) -> Result<Map<String, Value>, &'static str> {
    if object.iter().any(holds) {
        Err(REFUSED)
    } else {
        Ok(object)
    }
}

fn holds((key, value): (&String, &Value)) -> bool {
    key.contains('\0') || is_in(value)
}

fn is_in(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(is_in),
        Value::Object(fields) => fields.iter().any(holds),
        _ => false,
    }
}
