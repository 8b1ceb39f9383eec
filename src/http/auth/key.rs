//! The key that a request presents: in its header, or in its query as the old frontend sent it.

use axum::http::header;
use axum::http::request::Parts;

use super::{missing, refused};
use crate::http::problem::Problem;
use crate::http::query;

/// The key from the header; only when there is no such header, or nothing in it, from the query. There the old frontend
/// left out the word `Token`.
pub(super) fn presented(parts: &Parts) -> Result<String, Problem> {
    let header = parts.headers.get(header::AUTHORIZATION);
    let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(text) = header.filter(|text| !text.trim().is_empty()) {
        return read(&text, false);
    }
    let query = parts.uri.query().unwrap_or_default();
    match query::pairs(query).find(|(name, value)| query::is_token(name) && !value.trim().is_empty()) {
        Some((_, value)) => read(&value, true),
        None => Err(missing()),
    }
}

/// What follows the word `Token`. Another word there means another way of identifying oneself: none that is known here.
fn read(text: &str, bare: bool) -> Result<String, Problem> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [scheme] if is_token_scheme(scheme) => Err(refused("Invalid token. No credentials provided.")),
        [key] if bare => Ok((*key).to_owned()),
        [scheme, key] if is_token_scheme(scheme) => Ok((*key).to_owned()),
        [scheme, ..] if is_token_scheme(scheme) => {
            Err(refused("Invalid token. Token string should not contain spaces."))
        }
        _ => Err(missing()),
    }
}

const fn is_token_scheme(word: &str) -> bool {
    word.eq_ignore_ascii_case("token")
}

/// Whether it is worth a question: tokens have always been words of letters and digits, 40 of them.
pub(super) fn may_be_token(key: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    key.len() <= 200 && key.chars().all(plain)
}
