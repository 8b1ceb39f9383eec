//! The kept sums (table `usage_sum`): what a push adds to them, in its own transaction. So they are right after every
//! crash, and whoever reads them never adds up hours.

use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::key::{NaturalKey, columns};

/// What one record changes: by how much, and by how many hours. What is held for its distance is not counted at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub key: NaturalKey,
    pub quantity: Decimal,
    pub records: i32,
    /// Of the revisions before it.
    pub replaced: i32,
}

/// Adds `changes`. In key order, after everything else that a push locks: pushes that meet here wait for each other,
/// never in a circle.
pub(super) async fn add(tx: &mut PgConnection, changes: &[Change]) -> sqlx::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let (resources, meters, hours) = columns(changes.iter().map(|change| change.key));
    let quantities: Vec<Decimal> = changes.iter().map(|change| change.quantity).collect();
    let records: Vec<i32> = changes.iter().map(|change| change.records).collect();
    let replaced: Vec<i32> = changes.iter().map(|change| change.replaced).collect();
    sqlx::query(
        "insert into usage_sum as s (resource_id, meter_id, month, quantity, records, first_hour, last_hour, changes, replaced)
         select r, m, date_trunc('month', h at time zone 'UTC')::date, sum(q), sum(n), min(h), max(h), 1, sum(p)
         from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::numeric[], $5::integer[], $6::integer[]) as c (r, m, h, q, n, p)
         group by 1, 2, 3
         order by 3, 1, 2
         on conflict (month, resource_id, meter_id) do update
         set quantity = s.quantity + excluded.quantity, records = s.records + excluded.records,
             first_hour = least(s.first_hour, excluded.first_hour), last_hour = greatest(s.last_hour, excluded.last_hour),
             changes = s.changes + 1, replaced = s.replaced + excluded.replaced",
    )
    .bind(resources)
    .bind(meters)
    .bind(hours)
    .bind(quantities)
    .bind(records)
    .bind(replaced)
    .execute(tx)
    .await
    .map(drop)
}
