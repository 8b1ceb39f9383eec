//! What stands behind a line, and whether the invoice adds up.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::visible;
use crate::db::discrepancies;
use crate::db::evidence::{self, EvidenceRow};
use crate::db::invoices::{self, ItemRow};
use crate::domain::hour::Hour;
use crate::domain::money::in_minor_units;
use crate::domain::reconcile::{DiscrepancyKind, Explanation, LineCheck, Rounding, Verdict};
use crate::domain::usage::RecordKey;
use crate::domain::uuid_hex::hex;
use crate::http::auth::Caller;
use crate::http::extract::{Path, Query};
use crate::http::ids::Id;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;
use crate::sync::reconcile::reconcile_invoice;

/// How evidence is shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvidenceQuery {
    /// `true`: the sums and what explains the money, instead of the records.
    summary: Option<bool>,
}

/// One record behind a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceView {
    /// The usage record's uuid.
    uuid: String,
    resource_uuid: String,
    meter: String,
    hour: DateTime<Utc>,
    /// As recorded, in the meter's unit.
    quantity: String,
    /// What this revision added to what Kill Bill was told before: what the line charges for.
    delta: String,
    revision: i16,
    /// The delivery's in Kill Bill, or the mark of the settlement.
    tracking_id: String,
    /// What carried the record: a delivery of usage, or else a settlement.
    delivery_uuid: Option<String>,
    settlement_uuid: Option<String>,
}

/// Either form.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Evidence {
    Records(Vec<EvidenceView>),
    Summary(EvidenceSummary),
}

/// The sums behind a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceSummary {
    records: i64,
    /// Sum of the records in the meter's unit, every digit.
    quantity: Option<String>,
    /// What Kill Bill billed: whole blocks.
    billed_quantity: Option<String>,
    rate: Option<String>,
    amount: String,
    /// Money that nothing explains.
    difference: String,
    explained_by: Vec<Part>,
}

/// Money with its name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Part {
    kind: Rounding,
    amount: String,
}

/// Whether an invoice adds up.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reconciliation {
    /// `pending`: a draft, or not everything was read yet. It speaks of what is charged.
    status: Verdict,
    /// Of what became of the charge: the invoice's `status`, such as `Paid` or `Written off`.
    invoice_status: &'static str,
    /// What is still to be paid.
    balance: String,
    differences: Vec<DifferenceView>,
    checked_at: Option<DateTime<Utc>>,
}

/// Something that does not add up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceView {
    uuid: String,
    kind: DiscrepancyKind,
    /// Charged minus what should have been charged.
    amount: String,
    currency: String,
    detail: String,
    next_step: String,
    item_uuid: Option<String>,
    opened_at: DateTime<Utc>,
}

/// The usage records behind one line.
#[utoipa::path(get, path = "/api/invoices/{uuid}/items/{item}/evidence/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid"), ("item" = Id, Path, description = "The line's uuid"), PageParams, EvidenceQuery),
    responses(
        (status = OK, description = "One page of records; with `summary=true` the sums alone.", body = Evidence),
        (status = BAD_REQUEST, description = "A parameter's value is wrong; it is named."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "No such line, or not yours to see.")))]
pub async fn evidence(
    State(state): State<AppState>,
    caller: Caller,
    Path(ids): Path<(Id, Id)>,
    Query(query): Query<EvidenceQuery>,
    page: Page,
) -> Answer<Response> {
    let (Id(uuid), Id(item)) = ids;
    let invoice = visible(&state, &caller, uuid).await?;
    let item = invoices::item_by_uuid(&state.pool, invoice.id, item)
        .await?
        .ok_or_else(Problem::not_found)?;
    if query.summary.unwrap_or(false) {
        let line = evidence::summary(&state.pool, invoice.id, item.uuid).await?;
        return Ok(Json(EvidenceSummary::new(line.as_ref(), &item)).into_response());
    }
    let (_, total) = evidence::page(&state.pool, invoice.id, item.id, 0, 0).await?;
    let listing = page.of(total)?;
    let window = listing.window();
    let (rows, _) = evidence::page(&state.pool, invoice.id, item.id, window.limit, window.offset).await?;
    Ok(listing.respond(rows.into_iter().map(EvidenceView::new)))
}

/// Whether an invoice adds up, and by how much and why it does not.
#[utoipa::path(get, path = "/api/invoices/{uuid}/reconciliation/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid")), responses(
    (status = OK, description = "The verdict.", body = Reconciliation),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such invoice, or not yours to see.")))]
pub async fn reconciliation(
    State(state): State<AppState>,
    caller: Caller,
    Path(Id(uuid)): Path<Id>,
) -> Answer<Json<Reconciliation>> {
    let mut invoice = visible(&state, &caller, uuid).await?;
    if invoice.checked_at.is_none_or(|at| at < invoice.changed_at) {
        // Nobody has looked since it changed: look now rather than answer with what was.
        reconcile_invoice(&state.pool, &state.clock, invoice.uuid).await?;
        invoice = visible(&state, &caller, uuid).await?;
    }
    let open = discrepancies::of_invoice(&state.pool, invoice.id).await?;
    Ok(Json(Reconciliation {
        invoice_status: invoice.standing().title(),
        balance: in_minor_units(invoice.balance, &invoice.currency),
        status: invoice.verdict,
        differences: open.into_iter().map(DifferenceView::new).collect(),
        checked_at: invoice.checked_at,
    }))
}

impl EvidenceView {
    fn new(row: EvidenceRow) -> Self {
        let hour = Hour::containing(row.hour);
        let key = RecordKey {
            resource_id: row.resource_id,
            meter_id: row.meter_id,
            hour,
            revision: row.revision,
        };
        Self {
            uuid: hex(key.uuid()),
            resource_uuid: hex(row.resource_uuid),
            meter: row.meter,
            hour: row.hour,
            quantity: row.quantity.normalize().to_string(),
            delta: row.delta.normalize().to_string(),
            revision: row.revision,
            tracking_id: row.tracking_id,
            delivery_uuid: row.delivery_uuid.map(hex),
            settlement_uuid: row.settlement_uuid.map(hex),
        }
    }
}

impl EvidenceSummary {
    /// Lines that are no usage have no records and explain themselves.
    fn new(line: Option<&LineCheck>, item: &ItemRow) -> Self {
        let text = |number: Option<Decimal>| number.map(|number| number.normalize().to_string());
        let explained = line.map_or(&[][..], |line| &line.explained);
        Self {
            records: line.map_or(0, |line| line.records),
            quantity: text(line.and_then(|line| line.quantity)),
            billed_quantity: text(line.map_or(item.quantity, |line| line.billed_quantity)),
            rate: text(line.map_or(item.rate, |line| line.rate)),
            amount: in_minor_units(item.amount, &item.currency),
            difference: in_minor_units(line.map_or(Decimal::ZERO, LineCheck::difference), &item.currency),
            explained_by: explained.iter().map(|part| Part::new(part, &item.currency)).collect(),
        }
    }
}

impl Part {
    fn new(explanation: &Explanation, currency: &str) -> Self {
        Self {
            kind: explanation.kind,
            amount: in_minor_units(explanation.amount, currency),
        }
    }
}

impl DifferenceView {
    fn new(row: discrepancies::DiscrepancyRow) -> Self {
        let item_uuid: Option<Uuid> = row.item_uuid;
        Self {
            uuid: hex(row.uuid),
            kind: row.kind,
            amount: in_minor_units(row.amount, &row.currency),
            currency: row.currency,
            detail: row.detail,
            next_step: row.next_step,
            item_uuid: item_uuid.map(hex),
            opened_at: row.opened_at,
        }
    }
}
