//! Usage records in batches, for exports: each batch begins after the last key of the one before, so that nothing is
//! held between two batches and the first one needs no sort of the whole.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgPool};

use super::read::{RECORDS, RecordFilter, RecordRow};

/// The place of a record in an export.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportKey {
    resource_id: i64,
    meter_id: i16,
    hour: DateTime<Utc>,
    revision: i16,
}

impl ExportKey {
    /// The key of `row`.
    #[must_use]
    pub const fn of(row: &RecordRow) -> Self {
        Self {
            resource_id: row.resource_id,
            meter_id: row.meter_id,
            hour: row.hour,
            revision: row.revision,
        }
    }
}

/// At most `limit` records after `after` (the default is before all), by resource, meter, hour and revision: the order
/// of the primary key in every partition.
///
/// # Errors
/// When the database fails.
pub async fn batch(
    pool: &PgPool,
    filter: &RecordFilter,
    after: ExportKey,
    limit: usize,
) -> sqlx::Result<Vec<RecordRow>> {
    let rest = "and (resource_id, meter_id, hour, revision) > ($9, $10, $11, $12)
                order by resource_id, meter_id, hour, revision limit $13";
    sqlx::query_as(AssertSqlSafe(format!("{RECORDS} {rest}")))
        .bind(&filter.visible)
        .bind(filter.customer)
        .bind(filter.resource)
        .bind(&filter.meter)
        .bind(filter.start)
        .bind(filter.end)
        .bind(&filter.state)
        .bind(&filter.held)
        .bind(after.resource_id)
        .bind(after.meter_id)
        .bind(after.hour)
        .bind(after.revision)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await
}
