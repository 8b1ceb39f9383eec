//! Invoice lines as a CSV file. Also lines that Kill Bill no longer lists (`gone`) and those of drafts and voided invoices
//! (`invoice_status`): what is charged is the sum of the others, and `invoice_standing` says what became of that.

use std::sync::Arc;

use axum::response::Response;
use futures::{Stream, stream};
use sqlx::PgPool;

use super::item::unit;
use crate::db::invoices::{self, LineFilter, LineKey, LineRow};
use crate::domain::route::Routing;
use crate::domain::uuid_hex::hex;
use crate::http::csv::{self, BATCH, Lines};
use crate::http::problem::Answer;
use crate::http::state::AppState;

const HEADER: [&str; 28] = [
    "invoice_uuid",
    "invoice_number",
    "invoice_date",
    "customer_uuid",
    "customer_name",
    "uuid",
    "backend_id",
    "kind",
    "name",
    "description",
    "project",
    "resource_uuid",
    "resource",
    "service",
    "meter",
    "start",
    "end",
    "quantity",
    "rate",
    "amount",
    "currency",
    "unit",
    "project_uuid",
    "item_type",
    "linked_backend_id",
    "gone",
    "invoice_status",
    "invoice_standing",
];

/// All lines of the filter as a file, by invoice in the order in which they were first seen.
pub(super) async fn file(state: &AppState, filter: LineFilter) -> Answer<Response> {
    let today = state.clock.now().date_naive();
    let routing = state.book.routing(&state.pool).await?;
    let batches = batches(state.pool.clone(), filter, routing);
    Ok(csv::file("invoice-items", today, &HEADER, batches))
}

fn batches(pool: PgPool, filter: LineFilter, routing: Arc<Routing>) -> impl Stream<Item = sqlx::Result<Lines>> + Send {
    let begin = Some((pool, filter, routing, None));
    stream::try_unfold(begin, async |place| {
        let Some((pool, filter, routing, after)) = place else {
            return Ok(None);
        };
        let rows = invoices::batch_of_lines(&pool, &filter, after, BATCH).await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        let next = (i64::try_from(rows.len()) == Ok(BATCH)).then(|| LineKey::of(last));
        let lines = csv_lines(&rows, &routing);
        Ok(Some((lines, next.map(|after| (pool, filter, routing, Some(after))))))
    })
}

fn csv_lines(rows: &[LineRow], routing: &Routing) -> Lines {
    let mut lines = Lines::default();
    for row in rows {
        let item = &row.item;
        lines.line(|line| {
            line.plain(hex(row.invoice_uuid));
            line.text(row.invoice_number.as_deref().unwrap_or_default());
            line.plain(row.invoice_date);
            line.plain(hex(row.customer_uuid));
            line.text(&row.customer_name);
            line.plain(hex(item.uuid));
            line.plain(item.killbill_id);
            line.plain(item.kind);
            line.text(&item.name);
            line.text(&item.description);
            line.text(&item.project_name);
            line.optional(item.resource_uuid.map(hex));
            line.text(&item.resource_name);
            line.text(&item.service_name);
            line.text(item.meter.as_deref().unwrap_or_default());
            line.optional(item.start_date);
            line.optional(item.end_date);
            line.optional(item.billed_quantity().or(item.quantity).map(|value| value.normalize()));
            line.optional(item.unit_rate().map(|rate| rate.normalize()));
            line.plain(item.amount.normalize());
            line.plain(&item.currency);
            line.text(&unit(routing, item).unwrap_or_default());
            line.optional(item.project_uuid.map(hex));
            line.plain(&item.item_type);
            line.optional(item.linked_item);
            line.plain(item.gone_at.is_some());
            line.plain(row.invoice_status.word().to_lowercase());
            line.plain(row.invoice_standing);
        });
    }
    lines
}
