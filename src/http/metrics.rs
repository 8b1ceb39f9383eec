//! `/metrics` for Prometheus: counters and histograms of this process, and gauges read from the database at each scrape
//! (they are the same whichever replica is asked).

pub(super) mod recorder;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use metrics::gauge;
use rust_decimal::prelude::ToPrimitive;

pub use recorder::recorder;

use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::backlog::{self, Backlog};
use crate::db::discrepancies::{self, Lateness, OpenKind};
use crate::db::gaps::{self, Missing};
use crate::db::holds::{self, Held};
use crate::domain::hold::HoldCode;
use crate::domain::reconcile::DiscrepancyKind;
use crate::domain::route::Routing;

/// Measurements of this process and of the backlog.
#[utoipa::path(get, path = "/metrics", tag = "operation", security(()), responses(
    (status = OK, description = "Prometheus text format.", body = String, content_type = "text/plain"),
    (status = NOT_FOUND, description = "They have an address of their own.")))]
pub async fn show(state: State<AppState>) -> Answer<Response> {
    if state.http.metrics_apart {
        return Err(Problem::not_found());
    }
    apart(state).await
}

/// The same at an address of its own.
///
/// # Errors
/// When the database fails.
pub async fn apart(State(state): State<AppState>) -> Answer<Response> {
    let now = state.clock.now();
    record(&backlog::read(&state.pool, now).await?);
    holds(&holds::held(&state.pool, None).await?);
    lateness(&discrepancies::lateness(&state.pool, now).await?);
    let routing = state.book.routing(&state.pool).await?;
    open(&discrepancies::open_by_kind(&state.pool).await?, routing.currency());
    missing(&gaps::missing(&state.pool, routing.currency()).await?, &routing);
    let text = state.metrics.render();
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response())
}

/// Every state is set at every scrape, so that one that has become empty shows zero and not its past.
fn record(backlog: &Backlog) {
    for waiting in &backlog.records {
        gauge!("ncb_backlog_records", "state" => waiting.state.word()).set(float(waiting.records));
        gauge!("ncb_backlog_oldest_seconds", "state" => waiting.state.word()).set(float(waiting.oldest.num_seconds()));
    }
    for value in &backlog.values {
        gauge!("ncb_backlog_value", "state" => value.state.word(), "currency" => value.currency.clone())
            .set(value.amount.to_f64().unwrap_or(f64::NAN));
    }
    for (state, deliveries) in &backlog.deliveries {
        gauge!("ncb_deliveries", "state" => state.word()).set(float(*deliveries));
    }
    for (state, settlements) in &backlog.settlements {
        gauge!("ncb_settlements", "state" => state.word()).set(float(*settlements));
    }
    for (state, mails) in &backlog.mails {
        gauge!("ncb_mails", "state" => state.word()).set(float(*mails));
    }
    for job in &backlog.jobs {
        gauge!("ncb_job_overdue_seconds", "job" => job.name.word()).set(float(job.overdue.num_seconds()));
        gauge!("ncb_job_paused", "job" => job.name.word()).set(if job.paused { 1.0 } else { 0.0 });
        gauge!("ncb_job_failed", "job" => job.name.word()).set(if job.failed { 1.0 } else { 0.0 });
        if let Some(finished) = job.finished {
            gauge!("ncb_job_last_finished_timestamp_seconds", "job" => job.name.word())
                .set(float(finished.timestamp()));
        }
    }
}

/// How far behind the checks of invoices are.
fn lateness(lateness: &Lateness) {
    gauge!("ncb_invoice_unchecked_seconds").set(float(lateness.unchecked_for));
    gauge!("ncb_invoices_unchecked").set(float(lateness.unchecked));
    gauge!("ncb_invoices_read_seconds").set(float(lateness.read_ago));
    gauge!("ncb_accounts_uninvoiced", "tag" => "__PARK__").set(float(lateness.parked));
    gauge!("ncb_accounts_uninvoiced", "tag" => "AUTO_INVOICING_OFF").set(float(lateness.invoicing_off));
}

fn open(found: &[OpenKind], currency: &str) {
    for kind in DiscrepancyKind::ALL {
        gauge!("ncb_discrepancies", "kind" => kind.word()).set(0.0);
        gauge!("ncb_discrepancies_amount", "kind" => kind.word(), "currency" => currency.to_owned()).set(0.0);
    }
    for one in found {
        gauge!("ncb_discrepancies", "kind" => one.kind.word()).increment(float(one.count));
        gauge!("ncb_discrepancies_amount", "kind" => one.kind.word(), "currency" => one.currency.clone())
            .set(one.amount.to_f64().unwrap_or(f64::NAN));
    }
}

fn missing(missing: &[Missing], routing: &Routing) {
    for meter in routing.meters().keys() {
        let found = missing.iter().find(|one| one.meter == *meter);
        let worth = found.map_or(Some(0.0), |one| one.worth.to_f64());
        gauge!("ncb_missing_hours", "meter" => meter.clone()).set(float(found.map_or(0, |one| one.hours)));
        gauge!("ncb_missing_value", "meter" => meter.clone(), "currency" => routing.currency().to_owned())
            .set(worth.unwrap_or(f64::NAN));
    }
}

/// Every reason is set at every scrape; a value that was set once goes back to zero with its records.
fn holds(held: &[Held]) {
    for code in HoldCode::ALL {
        let found = held.iter().find(|one| one.code == *code);
        gauge!("ncb_held_records", "reason" => code.word()).set(float(found.map_or(0, |one| one.records)));
        for (currency, amount) in found.into_iter().flat_map(|one| &one.worth) {
            gauge!("ncb_held_value", "reason" => code.word(), "currency" => currency.clone())
                .set(amount.to_f64().unwrap_or(f64::NAN));
        }
    }
}

/// Gauges are floats; counts and seconds are far below 2⁵³.
#[expect(clippy::cast_precision_loss, reason = "counts and seconds are far below 2^53")]
const fn float(number: i64) -> f64 {
    number as f64
}
