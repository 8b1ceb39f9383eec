//! Usage records read back: list with filters, and one record with its older revisions.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::export;
use crate::db::usage::{self, RecordFilter, RecordRow};
use crate::domain::hold::HoldCode;
use crate::domain::hour::Hour;
use crate::domain::usage::{RecordKey, RecordState};
use crate::domain::uuid_hex::{hex, parse};
use crate::http::auth::Caller;
use crate::http::extract::{Path, Query};
use crate::http::form::Form;
use crate::http::format::{ListFormat, ListFormatParams};
use crate::http::ids::Id;
use crate::http::instants::HourText;
use crate::http::links::Links;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// Which usage records to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// Customer: uuid or URL.
    #[param(value_type = Option<Id>)]
    customer: Option<String>,
    /// Resource: uuid or URL.
    #[param(value_type = Option<Id>)]
    resource: Option<String>,
    /// Delivery that carries them: uuid or URL.
    #[param(value_type = Option<Id>)]
    delivery: Option<String>,
    /// Invoice that lists their deliveries: uuid or URL.
    #[param(value_type = Option<Id>)]
    invoice: Option<String>,
    /// Name of a meter.
    meter: Option<String>,
    /// First hour, on the hour: inclusive.
    #[param(value_type = Option<HourText>)]
    start: Option<String>,
    /// Last hour, on the hour: exclusive.
    #[param(value_type = Option<HourText>)]
    end: Option<String>,
    /// What became of them.
    #[param(value_type = Option<RecordState>)]
    state: Option<String>,
    /// Held for this reason, such as `no-price`; `/api/holds/` lists them all.
    #[param(value_type = Option<HoldCode>)]
    held: Option<String>,
    /// `hour` (default) or `-hour`.
    #[param(pattern = "^-?hour$")]
    o: Option<String>,
}

/// One revision of a usage record.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageRecordView {
    url: String,
    uuid: String,
    resource_uuid: String,
    resource_name: String,
    customer_uuid: Option<String>,
    meter: String,
    /// First instant of the hour.
    hour: DateTime<Utc>,
    /// What was consumed in the hour, in the meter's unit.
    quantity: String,
    /// What this revision adds to what Kill Bill was told before.
    delta: String,
    revision: i16,
    state: RecordState,
    /// Why it is held, as a code.
    held: Option<HoldCode>,
    /// The same as a sentence.
    held_detail: Option<String>,
    /// What to do about it; when it is done, the record goes out by itself.
    held_remedy: Option<&'static str>,
    delivery_uuid: Option<String>,
    /// What settled it by a charge or a credit, where it could not travel as usage.
    settlement_uuid: Option<String>,
    tracking_id: Option<String>,
    invoice_uuid: Option<String>,
    recorded_at: DateTime<Utc>,
}

/// One record with all its revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageRecordDetail {
    #[serde(flatten)]
    record: UsageRecordView,
    /// Every revision, oldest first.
    revisions: Vec<UsageRecordView>,
}

/// List usage records, or save all of them as CSV.
#[utoipa::path(get, path = "/api/usage-records/", tag = "usage", params(PageParams, UsageQuery, ListFormatParams), responses(
    (status = OK, description = "One page, the total stands in X-Result-Count; as CSV all records.",
        content((Vec<UsageRecordView> = "application/json"), (String = "text/csv"))),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    format: ListFormat,
    Query(query): Query<UsageQuery>,
    page: Page,
    links: Links,
) -> Answer<Response> {
    let filter = query.filter(&caller)?;
    if format == ListFormat::Csv {
        return Ok(export::file(&state, filter));
    }
    let extent = usage::extent(&state.pool, &filter).await?;
    let listing = page.of(extent.rows())?;
    let rows = usage::list(&state.pool, &filter, &extent, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|row| view(row, &links))))
}

/// Show a usage record with its revisions.
#[utoipa::path(get, path = "/api/usage-records/{uuid}/", tag = "usage",
    params(("uuid" = Id, Path, description = "As a push answered it.")), responses(
    (status = OK, description = "The record.", body = UsageRecordDetail),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such record, or not yours to see.")))]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(uuid): Path<String>,
    links: Links,
) -> Answer<Json<UsageRecordDetail>> {
    let key = parse(&uuid)
        .and_then(RecordKey::from_uuid)
        .ok_or_else(Problem::not_found)?;
    let rows = usage::revisions(&state.pool, key, caller.visible_usage()).await?;
    let asked = rows
        .iter()
        .find(|row| row.revision == key.revision)
        .cloned()
        .ok_or_else(Problem::not_found)?;
    let revisions = rows.into_iter().map(|row| view(row, &links)).collect();
    Ok(Json(UsageRecordDetail {
        record: view(asked, &links),
        revisions,
    }))
}

impl UsageQuery {
    fn filter(self, caller: &Caller) -> Answer<RecordFilter> {
        let mut form = Form::default();
        let state = form.word("state", self.state.as_deref());
        form.done()?;
        let descending = match self.o.as_deref() {
            None | Some("hour") => false,
            Some("-hour") => true,
            Some(other) => {
                return Err(Problem::field(
                    "o",
                    format!("\"{other}\" is no ordering; hour and -hour are."),
                ));
            }
        };
        Ok(RecordFilter {
            visible: caller.visible_usage().map(<[_]>::to_vec),
            customer: self
                .customer
                .as_deref()
                .map(|text| uuid("customer", text))
                .transpose()?,
            resource: self
                .resource
                .as_deref()
                .map(|text| uuid("resource", text))
                .transpose()?,
            delivery: self
                .delivery
                .as_deref()
                .map(|text| uuid("delivery", text))
                .transpose()?,
            invoice: self.invoice.as_deref().map(|text| uuid("invoice", text)).transpose()?,
            meter: self.meter,
            start: self.start.as_deref().map(|text| hour("start", text)).transpose()?,
            end: self.end.as_deref().map(|text| hour("end", text)).transpose()?,
            state,
            held: self.held.as_deref().map(reason).transpose()?,
            descending,
        })
    }
}

fn reason(code: &str) -> Answer<HoldCode> {
    code.parse().map_err(|_| {
        Problem::field(
            "held",
            format!("\"{code}\" is no reason to hold a record; /api/holds/ lists them."),
        )
    })
}

fn uuid(field: &str, text: &str) -> Answer<uuid::Uuid> {
    parse(text).ok_or_else(|| Problem::field(field, format!("\"{text}\" is neither a uuid nor a URL ending in one.")))
}

fn hour(field: &str, text: &str) -> Answer<DateTime<Utc>> {
    Hour::parse(text)
        .map(Hour::start)
        .map_err(|error| Problem::field(field, format!("\"{text}\" {error}.")))
}

fn view(row: RecordRow, links: &Links) -> UsageRecordView {
    let hour = Hour::containing(row.hour);
    let key = RecordKey {
        resource_id: row.resource_id,
        meter_id: row.meter_id,
        hour,
        revision: row.revision,
    };
    let uuid = hex(key.uuid());
    let held_detail = row.held_detail().map(str::to_owned);
    UsageRecordView {
        url: links.to(&format!("/api/usage-records/{uuid}/")),
        uuid,
        resource_uuid: hex(row.resource_uuid),
        resource_name: row.resource_name,
        customer_uuid: row.customer_uuid.map(hex),
        meter: row.meter,
        hour: row.hour,
        quantity: row.quantity.normalize().to_string(),
        delta: row.delta.normalize().to_string(),
        revision: row.revision,
        state: row.state,
        held_detail,
        held_remedy: row.hold.map(HoldCode::remedy),
        held: row.hold,
        delivery_uuid: row.delivery_uuid.map(hex),
        settlement_uuid: row.settlement_uuid.map(hex),
        tracking_id: row.tracking_id,
        invoice_uuid: row.invoice_uuid.map(hex),
        recorded_at: row.recorded_at,
    }
}
