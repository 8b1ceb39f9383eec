//! What stands between a handler's JSON and the client: only the fields that it asked for (`?field=`, repeatable), a tag
//! over the bytes, and 304 when the client has them already. Documents make their own tags; [`is_known`] is shared.

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::query;

/// The layer itself. It stands inside of compression: a tag is weak, it stands for the content and not for its encoding.
pub async fn represent(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) || !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let wanted = wanted(request.uri().query().unwrap_or_default());
    let conditions = request.headers().clone();
    let mut response = next.run(request).await;
    if matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED) {
        keep_private(response.headers_mut());
    }
    if is_ready_json(&response) {
        tagged(response, &wanted, &conditions).await
    } else {
        response
    }
}

/// Kept by the browser, asked about each time: it may have changed, and the token may be gone. Never kept for another
/// caller's token, nor in another form.
fn keep_private(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.append(header::VARY, HeaderValue::from_static("authorization, accept"));
}

/// The names in `field`; a value may also list several, with commas.
fn wanted(query: &str) -> Vec<String> {
    let values = query::pairs(query).filter(|(name, _)| name == "field");
    let names = values.flat_map(|(_, value)| value.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>());
    names.filter(|name| !name.is_empty()).collect()
}

/// Whether the answer to this query keeps the key.
#[must_use]
pub fn wants(query: &str, key: &str) -> bool {
    let wanted = wanted(query);
    wanted.is_empty() || wanted.iter().any(|name| name == key)
}

/// Streams have no size that is known before, and stay streams.
fn is_ready_json(response: &Response) -> bool {
    let json = response.headers().get(header::CONTENT_TYPE);
    let json = json.is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let ready = response.body().size_hint().exact().is_some();
    response.status() == StatusCode::OK && json && ready && !response.headers().contains_key(header::ETAG)
}

async fn tagged(response: Response, wanted: &[String], conditions: &HeaderMap) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Problem::internal().into_response();
    };
    let bytes = if wanted.is_empty() {
        bytes
    } else {
        reduced(bytes, wanted)
    };
    let tag = format!("W/\"{}\"", &hex::encode(Sha256::digest(&bytes))[..32]);
    let modified = parts.headers.get(header::LAST_MODIFIED).and_then(date_of);
    if let Ok(value) = HeaderValue::try_from(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    if is_known(conditions, &tag, modified) {
        parts.headers.remove(header::CONTENT_TYPE);
        return (StatusCode::NOT_MODIFIED, parts.headers).into_response();
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// The object, or each object of the list, with the named keys alone. Names that it lacks are ignored: newer frontends
/// ask for keys that not every service has.
fn reduced(bytes: Bytes, wanted: &[String]) -> Bytes {
    let keep = |object: Map<String, Value>| -> Value {
        let kept = object.into_iter().filter(|(key, _)| wanted.contains(key));
        Value::Object(kept.collect())
    };
    let reduced = match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => keep(object),
        Ok(Value::Array(rows)) => rows
            .into_iter()
            .map(|row| match row {
                Value::Object(object) => keep(object),
                other => other,
            })
            .collect(),
        _ => return bytes,
    };
    reduced.to_string().into()
}

/// Whether the client's copy is this one; a tag is asked about before a date (RFC 9110, 13.2.2).
#[must_use]
pub fn is_known(conditions: &HeaderMap, tag: &str, modified: Option<DateTime<Utc>>) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mut tags = conditions
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .peekable();
    if tags.peek().is_some() {
        let mut listed = tags.flat_map(|value| value.split(','));
        return listed.any(|known| known.trim() == "*" || bare(known) == bare(tag));
    }
    let since = conditions.get(header::IF_MODIFIED_SINCE).and_then(date_of);
    let (Some(since), Some(modified)) = (since, modified) else {
        return false;
    };
    modified.trunc_subsecs(0) <= since
}

fn date_of(value: &HeaderValue) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(value.to_str().ok()?).ok()?;
    Some(date.to_utc())
}

/// An instant as a header carries it, by whole seconds.
#[must_use]
pub fn http_date(instant: DateTime<Utc>) -> String {
    instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `Last-Modified` for what last changed at `changed`; nothing while it may change once more within the same second.
#[must_use]
pub fn last_modified(changed: DateTime<Utc>, now: DateTime<Utc>) -> HeaderMap {
    let settled = changed.trunc_subsecs(0) < now.trunc_subsecs(0);
    let value = HeaderValue::try_from(http_date(changed)).ok().filter(|_| settled);
    value.map(|value| (header::LAST_MODIFIED, value)).into_iter().collect()
}
