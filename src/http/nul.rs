//! NUL, which PostgreSQL keeps nowhere: nothing can match it, and it would refuse the whole query. Answered with 400 and
//! where it stands, before any handler sees it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::problem::Problem;
use super::query;

const TEXT: &str = "Null characters are not allowed.";

/// A layer that looks at the parameters.
pub async fn refuse_nul(request: Request, next: Next) -> Response {
    let pairs = query::pairs(request.uri().query().unwrap_or_default());
    let wrong = pairs
        .filter(|(name, _)| !query::is_token(name))
        .find(|(_, value)| value.contains('\0'));
    match wrong {
        Some((name, _)) => Problem::field(name, TEXT).into_response(),
        None => next.run(request).await,
    }
}

/// Looks at a JSON body, in keys and values. Nearly none is read twice for it: JSON can only write NUL as `\u0000`.
///
/// # Errors
/// 400 with the place.
pub fn refuse_in_body(bytes: &[u8]) -> Result<(), Problem> {
    if !bytes.windows(6).any(|six| six == br"\u0000") {
        return Ok(());
    }
    let body = serde_json::from_slice(bytes).unwrap_or_default();
    match place(&body) {
        Some(keys) => Err(Problem::field(keys.join("."), TEXT)),
        None => Ok(()),
    }
}

/// The keys that lead to the first NUL; a key that holds it is not shown.
fn place(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => text.contains('\0').then(Vec::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| below(&at.to_string(), item)),
        Value::Object(fields) => fields.iter().find_map(|(key, field)| match key.contains('\0') {
            true => Some(Vec::new()),
            false => below(key, field),
        }),
        _ => None,
    }
}

fn below(key: &str, value: &Value) -> Option<Vec<String>> {
    let mut keys = place(value)?;
    keys.insert(0, key.to_owned());
    Some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_named_whether_a_value_or_a_key_holds_it() {
        let found = |body: &str| place(&serde_json::from_str(body).unwrap());
        assert_eq!(found(r#"{"a": {"b": ["x", "\u0000"]}}"#).unwrap(), ["a", "b", "1"]);
        assert_eq!(found(r#"{"a": {"\u0000": 1}}"#).unwrap(), ["a"]);
        assert_eq!(found(r#"{"a": "\\u0000"}"#), None);
    }
}
