//! Usage records as a CSV file: one row per revision, by resource, meter, hour and revision, whatever `o` says.

use axum::response::Response;
use chrono::SecondsFormat;
use futures::{Stream, stream};
use sqlx::PgPool;

use crate::db::usage::{self, ExportKey, RecordFilter, RecordRow};
use crate::domain::hour::Hour;
use crate::domain::usage::RecordKey;
use crate::domain::uuid_hex::hex;
use crate::http::csv::{self, BATCH, Lines};
use crate::http::state::AppState;

const HEADER: [&str; 17] = [
    "uuid",
    "customer_uuid",
    "resource_uuid",
    "resource_name",
    "meter",
    "hour",
    "quantity",
    "delta",
    "revision",
    "state",
    "held",
    "held_detail",
    "delivery_uuid",
    "settlement_uuid",
    "tracking_id",
    "invoice_uuid",
    "recorded_at",
];

/// All records of the filter.
pub(super) fn file(state: &AppState, filter: RecordFilter) -> Response {
    let today = state.clock.now().date_naive();
    csv::file("usage-records", today, &HEADER, batches(state.pool.clone(), filter))
}

fn batches(pool: PgPool, filter: RecordFilter) -> impl Stream<Item = sqlx::Result<Lines>> + Send {
    let begin = Some((pool, filter, ExportKey::default()));
    stream::try_unfold(begin, async |place| {
        let Some((pool, filter, after)) = place else {
            return Ok(None);
        };
        let batch = usage::batch(&pool, &filter, after, BATCH).await?;
        Ok(Some((
            lines(&batch.rows),
            batch.next.map(|after| (pool, filter, after)),
        )))
    })
}

fn lines(rows: &[RecordRow]) -> Lines {
    let mut lines = Lines::default();
    for row in rows {
        let key = RecordKey {
            resource_id: row.resource_id,
            meter_id: row.meter_id,
            hour: Hour::containing(row.hour),
            revision: row.revision,
        };
        lines.line(|line| {
            line.plain(hex(key.uuid()));
            line.optional(row.customer_uuid.map(hex));
            line.plain(hex(row.resource_uuid));
            line.text(&row.resource_name);
            line.text(&row.meter);
            line.plain(row.hour.to_rfc3339_opts(SecondsFormat::Secs, true));
            line.plain(row.quantity.normalize());
            line.plain(row.delta.normalize());
            line.plain(row.revision);
            line.plain(row.state);
            line.optional(row.hold);
            line.text(row.held_detail().unwrap_or_default());
            line.optional(row.delivery_uuid.map(hex));
            line.optional(row.settlement_uuid.map(hex));
            line.optional(row.tracking_id.as_deref());
            line.optional(row.invoice_uuid.map(hex));
            line.plain(row.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true));
        });
    }
    lines
}
