//! Usage records in batches, for exports: each batch begins after the last key of the one before, so that nothing is
//! held between two batches. A batch is a range of keys, chosen before its records are looked at: a filter that few
//! records pass makes it small, and never a search through all that follow.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, FromRow, PgPool};

use super::read::{RecordFilter, RecordRow, bound, narrowed, records};

/// The place of a record in an export: the order of the primary key in every partition.
#[derive(Clone, Copy, Debug, Default, FromRow)]
pub struct ExportKey {
    resource_id: i64,
    meter_id: i16,
    hour: DateTime<Utc>,
    revision: i16,
}

/// Records, and where the next batch begins; `None` when there is none.
#[derive(Debug)]
pub struct Batch {
    pub rows: Vec<RecordRow>,
    pub next: Option<ExportKey>,
}

/// The records among the next `size` after `after` (the default is before all) that the filter wants, by resource, meter,
/// hour and revision.
///
/// # Errors
/// When the database fails.
pub async fn batch(pool: &PgPool, filter: &RecordFilter, after: ExportKey, size: i64) -> sqlx::Result<Batch> {
    // What a delivery or an invoice carries is found by its own window and is one batch.
    let carried = filter.delivery.is_some() || filter.invoice.is_some();
    let next = if carried {
        None
    } else {
        last_of(pool, filter, after, size).await?
    };
    let until = next.map_or(
        "",
        |_| "and (resource_id, meter_id, hour, revision) <= ($13, $14, $15, $16)",
    );
    let rest = format!(
        "{} and (resource_id, meter_id, hour, revision) > ($9, $10, $11, $12) {until}
         order by resource_id, meter_id, hour, revision",
        narrowed(filter)
    );
    // Planned for its own range each time: a plan for any range would sort all of them (see below, too).
    let query = sqlx::query_as(AssertSqlSafe(format!("{} {rest}", records(filter)))).persistent(false);
    let mut query = bound!(query, filter);
    for key in [Some(after), next].into_iter().flatten() {
        query = query
            .bind(key.resource_id)
            .bind(key.meter_id)
            .bind(key.hour)
            .bind(key.revision);
    }
    let rows = query.fetch_all(pool).await?;
    Ok(Batch { rows, next })
}

/// The last of the next `size` keys; `None` when fewer are left. Resource by resource, so that no more than those are read.
async fn last_of(pool: &PgPool, filter: &RecordFilter, after: ExportKey, size: i64) -> sqlx::Result<Option<ExportKey>> {
    sqlx::query_as(
        "select r.id as resource_id, u.meter_id, u.hour, u.revision
         from (select r.id from resource r left join customer c on c.id = r.customer_id
               where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
                 and ($3::uuid is null or r.uuid = $3) and r.id >= $7
               order by r.id) r
         cross join lateral (
               select meter_id, hour, revision from usage_record
               where resource_id = r.id and (resource_id, meter_id, hour, revision) > ($7, $8, $9, $10)
                 and ($4::text is null or meter_id = (select id from meter where name = $4))
                 and ($5::timestamptz is null or hour >= $5) and ($6::timestamptz is null or hour < $6)
               order by meter_id, hour, revision limit $11) u
         order by r.id, u.meter_id, u.hour, u.revision offset $11 - 1 limit 1",
    )
    .bind(&filter.visible)
    .bind(filter.customer)
    .bind(filter.resource)
    .bind(&filter.meter)
    .bind(filter.start)
    .bind(filter.end)
    .bind(after.resource_id)
    .bind(after.meter_id)
    .bind(after.hour)
    .bind(after.revision)
    .bind(size)
    .persistent(false)
    .fetch_optional(pool)
    .await
}
