//! Bodies, queries and path parts, read once at the edge; what cannot be read is answered with the place and the reason.
//! Handlers use these instead of axum's own, so that every refusal is a [`Problem`].

use std::error::Error;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use http_body_util::LengthLimitError;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use super::problem::Problem;
use super::query;
use super::state::AppState;
use super::words;

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// The filters of a list. Unknown names are ignored (the old frontend sends `customer` everywhere).
#[derive(Debug)]
pub struct Query<T>(pub T);

/// The placeholders of the path. What does not parse names nothing: 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        if !is_json(&request) {
            let detail = "Send application/json.";
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                detail,
            ));
        }
        let body = body(request, state.http.body_limit).await?;
        json(&body).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads the filters in `text`.
///
/// # Errors
/// 400 with the one that is wrong.
pub fn query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let filters = query::encode(query::filters(text).into_iter());
    let deserializer = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(filters.as_bytes()));
    serde_path_to_error::deserialize(deserializer).map_err(|error| misread(&error))
}

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(path)| Self(path))
            .map_err(|_| Problem::not_found())
    }
}

/// The whole body, at most `limit` bytes of it.
///
/// # Errors
/// 413 beyond the limit, 400 when the client broke off.
pub async fn body(request: Request, limit: usize) -> Result<Bytes, Problem> {
    axum::body::to_bytes(request.into_body(), limit).await.map_err(|error| {
        if error.source().is_some_and(<dyn Error>::is::<LengthLimitError>) {
            return Problem::too_large(limit);
        }
        Problem::bad_request("incomplete", "The body could not be read to its end.")
    })
}

/// Reads a JSON object from `bytes`.
///
/// # Errors
/// 400: not UTF-8 and not JSON in words; a wrong type, a missing field or one that is there twice under its JSON path.
pub fn json<'t, T: Deserialize<'t>>(bytes: &'t [u8]) -> Result<T, Problem> {
    let text = utf8(bytes)?;
    if !text.trim_start().starts_with('{') {
        // serde would also read a struct from an array, by position.
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| not_json(&error))?;
        return Err(Problem::field("non_field_errors", "Expected an object."));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| match error.inner().classify() {
            Category::Data => misread(&error),
            Category::Io | Category::Syntax | Category::Eof => not_json(error.inner()),
        })?;
    deserializer.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

/// The bytes as text, without a byte order mark.
///
/// # Errors
/// 400 with the position of the first byte that is not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map(unmarked).map_err(|error| {
        let marks = [[0xff, 0xfe], [0xfe, 0xff]];
        let detail = if marks.iter().any(|mark| bytes.starts_with(mark)) {
            "The body is UTF-16, by the byte order mark at its beginning: send UTF-8.".to_owned()
        } else {
            format!("The body is not UTF-8: see byte {}.", error.valid_up_to())
        };
        Problem::bad_request("not_utf8", detail)
    })
}

/// Without the byte order mark (U+FEFF) that some editors write before a text; it means nothing in UTF-8.
#[must_use]
pub fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::bad_request("parse_error", format!("JSON parse error - {error}"))
}

/// A value of the wrong kind, under its path.
fn misread<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Problem {
    let text = error.inner().to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let path = error.path().to_string();
    let whole = [
        ("missing field `", "This field is required."),
        ("duplicate field `", "This field is given twice."),
    ];
    for (begin, words) in whole {
        if let Some(field) = text.strip_prefix(begin).and_then(|rest| rest.strip_suffix('`')) {
            let parent = if path == "." { String::new() } else { format!("{path}.") };
            return Problem::field(format!("{parent}{field}"), words);
        }
    }
    let path = if path == "." {
        "non_field_errors".to_owned()
    } else {
        path
    };
    Problem::field(path, words::of(text))
}

/// No content type at all is taken for JSON: the path takes nothing else.
fn is_json(request: &Request) -> bool {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else {
        return true;
    };
    let essence = value
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
