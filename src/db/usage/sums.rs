//! The kept sums (table `usage_sum`): what a push adds to them, in its own transaction. So they are right after every
//! crash, and whoever reads them never adds up hours.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::key::NaturalKey;
use crate::domain::month::Month;

/// What one record changes: by how much, and by how many hours. What is held for its distance is not counted at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub key: NaturalKey,
    pub quantity: Decimal,
    pub records: i32,
    /// Of the revisions before it.
    pub replaced: i32,
}

/// What a push adds to one kept sum.
#[derive(Clone, Copy)]
struct Added {
    quantity: Decimal,
    records: i32,
    replaced: i32,
    first_hour: DateTime<Utc>,
    last_hour: DateTime<Utc>,
}

/// Month by month, as the sums are kept.
type Sums = BTreeMap<(NaiveDate, i64, i16), Added>;

/// Adds `changes`, each sum once. In key order, after everything else that a push locks: pushes that meet here wait for each
/// other, never in a circle.
pub(super) async fn add(tx: &mut PgConnection, changes: &[Change]) -> sqlx::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let sums = summed(changes);
    let of = || sums.values();
    sqlx::query(
        "insert into usage_sum as s (month, resource_id, meter_id, quantity, records, first_hour, last_hour, changes, replaced)
         select d, r, m, q, n, f, l, 1, p
         from unnest($1::date[], $2::bigint[], $3::smallint[], $4::numeric[], $5::integer[], $6::timestamptz[], $7::timestamptz[],
                     $8::integer[]) as c (d, r, m, q, n, f, l, p)
         order by d, r, m
         on conflict (month, resource_id, meter_id) do update
         set quantity = s.quantity + excluded.quantity, records = s.records + excluded.records,
             first_hour = least(s.first_hour, excluded.first_hour), last_hour = greatest(s.last_hour, excluded.last_hour),
             changes = s.changes + 1, replaced = s.replaced + excluded.replaced",
    )
    .bind(sums.keys().map(|(month, ..)| *month).collect::<Vec<_>>())
    .bind(sums.keys().map(|(_, resource, _)| *resource).collect::<Vec<_>>())
    .bind(sums.keys().map(|(.., meter)| *meter).collect::<Vec<_>>())
    .bind(of().map(|added| added.quantity).collect::<Vec<_>>())
    .bind(of().map(|added| added.records).collect::<Vec<_>>())
    .bind(of().map(|added| added.first_hour).collect::<Vec<_>>())
    .bind(of().map(|added| added.last_hour).collect::<Vec<_>>())
    .bind(of().map(|added| added.replaced).collect::<Vec<_>>())
    .execute(tx)
    .await
    .map(drop)
}

fn summed(changes: &[Change]) -> Sums {
    let mut sums = Sums::new();
    for change in changes {
        let (resource, meter, hour) = change.key;
        let added = sums
            .entry((Month::containing(hour).first_day(), resource, meter))
            .or_insert(Added {
                quantity: Decimal::ZERO,
                records: 0,
                replaced: 0,
                first_hour: hour,
                last_hour: hour,
            });
        added.quantity += change.quantity;
        added.records += change.records;
        added.replaced += change.replaced;
        added.first_hour = added.first_hour.min(hour);
        added.last_hour = added.last_hour.max(hour);
    }
    sums
}
