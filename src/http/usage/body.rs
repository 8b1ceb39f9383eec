//! The body of a push: JSON or NDJSON, plain or gzip, within limits. What cannot be read as a whole is refused as a
//! whole: half a body never becomes half a push. Records stay text until they are read one by one, and are counted on
//! the way, so a push takes the memory of its text and of 10,000 records, whatever is in it.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, LazyLock};
use std::thread;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, SchemaType};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::counted::Counted;
use crate::domain::usage::{Rejection, UsageRecord};
use crate::http::decimals::QuantityInput;
use crate::http::extract;
use crate::http::ids::Id;
use crate::http::instants::HourText;
use crate::http::problem::{Answer, Problem};

/// Records in one push.
pub(super) const MOST_RECORDS: usize = 10_000;

/// Bodies that are unpacked and read at the same time: as many as the machine has cores; the others wait, still packed.
static READERS: LazyLock<Arc<Semaphore>> =
    LazyLock::new(|| Arc::new(Semaphore::new(thread::available_parallelism().map_or(1, usize::from))));

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

/// How the records of a body stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `{"records": […]}`
    Json,
    /// One record a line.
    Lines,
}

/// The records of a push, each read or refused.
pub type Records = Vec<Result<UsageRecord, Rejection>>;

/// Keys of the configured meters by their names.
type Meters = HashMap<String, i16>;

/// What stands around the records in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'t> {
    #[serde(borrow)]
    records: &'t RawValue,
}

/// Reads the records of a push.
pub(super) async fn records(request: Request, limit: usize, meters: &Arc<Meters>) -> Answer<Records> {
    let format = format(request.headers())?;
    let gzip = is_gzip(request.headers())?;
    let body = extract::body(request, limit).await?;
    let turn = READERS.clone().acquire_owned().await.map_err(|_| Problem::internal())?;
    let meters = meters.clone();
    // Up to 16 MiB of parsing: not on the threads that answer others.
    let read = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        read(body, format, gzip, limit, &meters)
    });
    read.await.map_err(|_| Problem::internal())?
}

fn read(body: Bytes, format: Format, gzip: bool, limit: usize, meters: &Meters) -> Answer<Records> {
    let text = if gzip { unpack(&body, limit)?.into() } else { body };
    parse(&text, format, meters)
}

/// The records in a body that was unpacked.
///
/// # Errors
/// When it cannot be read as a whole, or holds too many of them.
pub fn parse(text: &[u8], format: Format, meters: &Meters) -> Answer<Records> {
    let records = match format {
        Format::Json => document(text)?,
        Format::Lines => lines(text)?,
    };
    if records.too_many {
        let detail = format!("More than {MOST_RECORDS} records in one push are not taken. Send several.");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_records", detail));
    }
    let read = |text: &&RawValue| UsageRecord::parse(text, meters);
    Ok(records.first.iter().map(read).collect())
}

fn document(text: &[u8]) -> Answer<Counted<'_>> {
    let Document { records } = extract::json(text)?;
    Counted::of(records).ok_or_else(|| Problem::field("records", "Must be a list of records."))
}

fn lines(text: &[u8]) -> Answer<Counted<'_>> {
    let mut records = Counted::default();
    for (index, line) in extract::utf8(text)?.lines().enumerate() {
        if records.too_many {
            break;
        }
        // Files that were put together each begin with a mark of their own.
        let line = extract::unmarked(line).trim();
        if !line.is_empty() {
            records.add(serde_json::from_str(line).map_err(|error| not_json(index, &error))?);
        }
    }
    Ok(records)
}

fn not_json(index: usize, error: &serde_json::Error) -> Problem {
    let detail = format!(
        "Line {} is not JSON ({error}). Nothing of this push was stored.",
        index + 1
    );
    Problem::bad_request("parse_error", detail)
}

/// Room for the largest text is asked for at once: growing it step by step would take twice as much.
fn unpack(body: &[u8], limit: usize) -> Answer<Vec<u8>> {
    let mut text = Vec::with_capacity(limit.saturating_add(1));
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
