//! The body of a push: JSON or NDJSON, plain or gzip, within limits. What cannot be read as a whole is refused as a
//! whole: half a body never becomes half a push.

use std::io::Read;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, SchemaType};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::http::decimals::QuantityInput;
use crate::http::extract;
use crate::http::ids::Id;
use crate::http::instants::HourText;
use crate::http::problem::{Answer, Problem};

/// Records in one push.
pub(super) const MOST_RECORDS: usize = 10_000;

/// What is pushed. A record that is wrong is answered in `results` and keeps no other from being stored, so the list takes
/// anything; a good one is a `PushRecord`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body in OpenAPI; each record is read on its own")]
pub struct PushBody {
    #[schema(max_items = 10_000)]
    records: Vec<PushItem>,
}

/// A record, or what was meant to be one.
#[derive(Debug)]
pub struct PushItem;

impl PartialSchema for PushItem {
    fn schema() -> RefOr<Schema> {
        let good = Ref::from_schema_name("PushRecord");
        let whatever = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let any = AnyOfBuilder::new().item(good).item(whatever);
        RefOr::T(Schema::AnyOf(
            any.description(Some("A record, or what was meant to be one")).build(),
        ))
    }
}

impl ToSchema for PushItem {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((PushRecord::name().into_owned(), PushRecord::schema()));
        PushRecord::schemas(schemas);
    }
}

/// The consumption of one meter in one hour.
#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub struct PushRecord {
    /// The resource's uuid; it may be registered later.
    resource: Id,
    /// A meter that the configuration names.
    #[schema(example = "cpu")]
    meter: String,
    /// On the hour, with `Z` or an offset.
    #[schema(value_type = HourText)]
    hour: String,
    /// In the meter's unit, at most 9 decimals, from 0 and below 10⁹; text or a number.
    #[schema(value_type = QuantityInput)]
    quantity: String,
    /// `true`: this replaces what is stored for the hour.
    correction: Option<bool>,
}

enum Format {
    Json,
    Lines,
}

/// The records of a push, each as JSON that is not checked yet.
pub(super) async fn records(request: Request, limit: usize) -> Answer<Vec<Value>> {
    let format = format(request.headers())?;
    let gzip = is_gzip(request.headers())?;
    let body = extract::body(request, limit).await?;
    // Up to 16 MiB of parsing: not on the threads that answer others.
    let parsed = tokio::task::spawn_blocking(move || parse(&body, &format, gzip, limit)).await;
    parsed.map_err(|_| Problem::internal())?
}

fn parse(body: &Bytes, format: &Format, gzip: bool, limit: usize) -> Answer<Vec<Value>> {
    let text = if gzip { unpack(body, limit)? } else { body.to_vec() };
    let records = match format {
        Format::Json => document(&text)?,
        Format::Lines => lines(&text)?,
    };
    if records.len() > MOST_RECORDS {
        let detail = format!(
            "{} records in one push; at most {MOST_RECORDS} are taken. Send several.",
            records.len()
        );
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_records", detail));
    }
    Ok(records)
}

fn document(text: &[u8]) -> Answer<Vec<Value>> {
    let Value::Object(mut fields) = extract::json(text)? else {
        return Err(Problem::field(
            "records",
            "The body must be an object: {\"records\": […]}.",
        ));
    };
    let records = fields.remove("records");
    if let Some(field) = fields.keys().next() {
        return Err(Problem::field(
            field.clone(),
            "This field is not known; the body holds only records.",
        ));
    }
    match records {
        Some(Value::Array(records)) => Ok(records),
        Some(_) => Err(Problem::field("records", "Must be a list of records.")),
        None => Err(Problem::field("records", "This field is required.")),
    }
}

fn lines(text: &[u8]) -> Answer<Vec<Value>> {
    let lines = extract::utf8(text)?
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| {
                let detail = format!(
                    "Line {} is not JSON ({error}). Nothing of this push was stored.",
                    index + 1
                );
                Problem::bad_request("parse_error", detail)
            })
        })
        .collect()
}

fn unpack(body: &[u8], limit: usize) -> Answer<Vec<u8>> {
    let mut text = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(body)
        .take(most)
        .read_to_end(&mut text)
        .map_err(|error| {
            Problem::bad_request(
                "not_gzip",
                format!("The body is not complete gzip ({error}). Nothing of this push was stored."),
            )
        })?;
    if text.len() > limit {
        Err(Problem::too_large(limit))
    } else {
        Ok(text)
    }
}

fn format(headers: &HeaderMap) -> Answer<Format> {
    let essence = text(headers, &header::CONTENT_TYPE)
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "" | "application/json" => Ok(Format::Json),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Format::Lines),
        _ => Err(unsupported(
            "unsupported_media_type",
            "Send application/json or application/x-ndjson.",
        )),
    }
}

fn is_gzip(headers: &HeaderMap) -> Answer<bool> {
    match text(headers, &header::CONTENT_ENCODING)
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        _ => Err(unsupported("unsupported_encoding", "Send the body plain or as gzip.")),
    }
}

fn unsupported(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, detail)
}

fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> &'h str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
