//! `/api/discrepancies/`: everything that does not add up, open ones first.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::MayReadAll;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::Answer;
use super::state::AppState;
use crate::db::discrepancies::{self, DiscrepancyRow};
use crate::domain::money::in_minor_units;
use crate::domain::uuid_hex::hex;

/// Something that does not add up.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiscrepancyView {
    uuid: String,
    kind: String,
    /// Charged minus what should have been charged.
    amount: String,
    currency: String,
    detail: String,
    next_step: String,
    /// The invoice it is about.
    invoice: Option<String>,
    invoice_number: Option<String>,
    item_uuid: Option<String>,
    delivery: Option<String>,
    customer_uuid: Option<String>,
    customer_name: Option<String>,
    opened_at: DateTime<Utc>,
    /// When a check last found it.
    seen_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    /// Seconds since it was opened, until now or until it was closed.
    age: i64,
}

/// List discrepancies, open ones first.
#[utoipa::path(get, path = "/api/discrepancies/", tag = "invoices", params(PageParams), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [DiscrepancyView]),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(State(state): State<AppState>, _: MayReadAll, page: Page, links: Links) -> Answer<Response> {
    let (_, total) = discrepancies::list(&state.pool, 0, 0).await?;
    let listing = page.of(total)?;
    let window = listing.window();
    let (rows, _) = discrepancies::list(&state.pool, window.limit, window.offset).await?;
    let now = state.clock.now();
    Ok(listing.respond(rows.into_iter().map(|row| DiscrepancyView::new(row, &links, now))))
}

impl DiscrepancyView {
    fn new(row: DiscrepancyRow, links: &Links, now: DateTime<Utc>) -> Self {
        Self {
            uuid: hex(row.uuid),
            kind: row.kind,
            amount: in_minor_units(row.amount, &row.currency),
            currency: row.currency,
            detail: row.detail,
            next_step: row.next_step,
            invoice: row.invoice_uuid.map(|uuid| links.object("invoices", uuid)),
            invoice_number: row.invoice_number,
            item_uuid: row.item_uuid.map(hex),
            delivery: row.delivery_uuid.map(|uuid| links.object("deliveries", uuid)),
            customer_uuid: row.customer_uuid.map(hex),
            customer_name: row.customer_name,
            age: (row.closed_at.unwrap_or(now) - row.opened_at).num_seconds(),
            opened_at: row.opened_at,
            seen_at: row.seen_at,
            closed_at: row.closed_at,
        }
    }
}
