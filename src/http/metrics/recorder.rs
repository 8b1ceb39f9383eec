//! What the process measures, each with its meaning, and where the measurements are kept between scrapes.

use std::sync::OnceLock;

use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the request histogram, in seconds.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Installs the process's recorder at the first call; every call returns its handle.
pub fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new();
    let builder = builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS);
    let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
    let handle = recorder.handle();
    // Only a second recorder could be refused, and this is the only one.
    metrics::set_global_recorder(recorder).ok();
    describe();
    handle
}

fn describe() {
    describe_requests();
    describe_records();
    describe_invoices();
    describe_work();
}

fn describe_requests() {
    describe_histogram!("ncb_http_request_seconds", "Time to answer a request, by route");
    describe_gauge!("ncb_http_connections", "Open connections of clients");
    describe_counter!(
        "ncb_http_busy_total",
        "Requests answered 503 at once, because as many were being answered as there are seats."
    );
    describe_counter!(
        "ncb_http_connections_crowded_total",
        "How often all connections were taken and the idle ones had to make room"
    );
    describe_counter!(
        "ncb_http_throttled_total",
        "Requests that were refused because their address had tried too many tokens"
    );
}

fn describe_records() {
    describe_gauge!(
        "ncb_backlog_records",
        "Usage records that Kill Bill does not have for certain, by state"
    );
    describe_gauge!(
        "ncb_backlog_oldest_seconds",
        "How long the oldest of them has been waiting"
    );
    describe_gauge!(
        "ncb_backlog_value",
        "What they are worth at today's prices, where a price is known"
    );
    describe_gauge!(
        "ncb_held_records",
        "Usage records that wait here, by reason; what to do stands in /api/holds/"
    );
    describe_gauge!(
        "ncb_held_value",
        "What they are worth at today's prices, where a price is known"
    );
    describe_gauge!(
        "ncb_missing_hours",
        "Hours without a record, by meter; declared ones do not count"
    );
    describe_gauge!(
        "ncb_missing_value",
        "What they are worth if consumption went on as in the hour before"
    );
}

fn describe_invoices() {
    describe_gauge!("ncb_discrepancies", "Open discrepancies, by kind");
    describe_gauge!(
        "ncb_discrepancies_amount",
        "The money in them, whatever its sign, by kind"
    );
    describe_gauge!(
        "ncb_invoice_unchecked_seconds",
        "How long the oldest invoice that was not checked yet, or not since it changed, has been waiting"
    );
    describe_gauge!(
        "ncb_invoices_unchecked",
        "Invoices that were not checked yet, or not since they changed"
    );
    describe_gauge!(
        "ncb_invoices_read_seconds",
        "How long ago the customer whose invoices were read longest ago had them read"
    );
    describe_gauge!(
        "ncb_accounts_uninvoiced",
        "Accounts that Kill Bill does not invoice, by tag"
    );
}

fn describe_work() {
    describe_gauge!("ncb_deliveries", "Deliveries, by state");
    describe_gauge!("ncb_settlements", "Settlements by charges and credits, by state");
    describe_gauge!(
        "ncb_job_overdue_seconds",
        "How long a job has been due without having been started"
    );
    describe_gauge!("ncb_job_last_finished_timestamp_seconds", "When a job last finished");
    describe_gauge!("ncb_job_paused", "1 while somebody has the job paused");
    describe_gauge!("ncb_job_failed", "1 when the job's last pass failed");
}
