//! Gives a recovered delivery, or the part of it that was sent together, the tracking id under which it was sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::db::Tx;
use crate::domain::hour::Hour;
use crate::domain::recover::Sent;

/// A recovered delivery that no invoice has named yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Unnamed {
    pub(super) id: i64,
    pub(super) subscription_id: i64,
    pub(super) external_key: String,
    pub(super) window_start: DateTime<Utc>,
    pub(super) window_end: DateTime<Utc>,
}

/// What the delivery carries.
pub(super) async fn rows(tx: &mut Tx, delivery_id: i64) -> sqlx::Result<Vec<Sent>> {
    let rows: Vec<(i16, String, DateTime<Utc>, i16, Decimal)> = sqlx::query_as(
        "select u.meter_id, m.name, u.hour, u.revision, u.delta from delivery d
         join subscription s on s.id = d.subscription_id
         join usage_record u on u.resource_id = s.resource_id and u.hour >= d.window_start and u.hour < d.window_end
                            and u.delivery_id = d.id
         join meter m on m.id = u.meter_id
         where d.id = $1",
    )
    .bind(delivery_id)
    .fetch_all(&mut **tx)
    .await?;
    let sent = |(meter_id, meter, hour, revision, delta)| Sent {
        meter_id,
        meter,
        hour: Hour::containing(hour),
        revision,
        delta,
    };
    Ok(rows.into_iter().map(sent).collect())
}

/// Names the delivery, when `found` is all of it, or moves those records to one of their own.
pub(super) async fn split(tx: &mut Tx, from: &Unnamed, id: &str, found: &[Sent], all: bool) -> sqlx::Result<()> {
    if all {
        return name(tx, from.id, id).await;
    }
    let new: i64 = sqlx::query_scalar(
        "insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, attempts,
                               created_at, settled_at, verified_at, recovered_at, detail)
         select $2, subscription_id, $3, month, $4, $5, $6, state, attempts, created_at, settled_at, verified_at, recovered_at, detail
         from delivery where id = $1
         returning id",
    )
    .bind(from.id)
    .bind(Uuid::now_v7())
    .bind(id)
    .bind(found.iter().map(|row| row.hour.start()).min())
    .bind(found.iter().map(|row| row.hour.end()).max())
    .bind(i32::try_from(found.len()).unwrap_or(i32::MAX))
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query(
        "insert into delivery_attempt select $2, attempt, kind, at, outcome, status, code, answer
         from delivery_attempt where delivery_id = $1",
    )
    .bind(from.id)
    .bind(new)
    .execute(&mut **tx)
    .await?;
    carry_over(tx, from, new, found).await?;
    share(tx, from.id, new, found).await
}

async fn name(tx: &mut Tx, delivery_id: i64, id: &str) -> sqlx::Result<()> {
    sqlx::query("update delivery set tracking_id = $2 where id = $1")
        .bind(delivery_id)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn carry_over(tx: &mut Tx, from: &Unnamed, new: i64, found: &[Sent]) -> sqlx::Result<()> {
    sqlx::query(
        "update usage_record u set delivery_id = $2
         from unnest($4::smallint[], $5::timestamptz[], $6::smallint[]) as k (m, h, n)
         where u.resource_id = (select resource_id from subscription where id = $3) and u.meter_id = k.m and u.hour = k.h
           and u.revision = k.n and u.delivery_id = $1",
    )
    .bind(from.id)
    .bind(new)
    .bind(from.subscription_id)
    .bind(found.iter().map(|row| row.meter_id).collect::<Vec<_>>())
    .bind(found.iter().map(|row| row.hour.start()).collect::<Vec<_>>())
    .bind(found.iter().map(|row| row.revision).collect::<Vec<_>>())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves the found records' share of the sums.
async fn share(tx: &mut Tx, old: i64, new: i64, found: &[Sent]) -> sqlx::Result<()> {
    let mut sums: BTreeMap<i16, (i32, Decimal)> = BTreeMap::new();
    for row in found {
        let sum = sums.entry(row.meter_id).or_default();
        *sum = (sum.0 + 1, sum.1 + row.delta);
    }
    let (meters, (records, quantities)): (Vec<i16>, (Vec<i32>, Vec<Decimal>)) = sums.into_iter().unzip();
    for statement in [
        "insert into delivery_unit (delivery_id, meter_id, unit, factor, records, quantity, amount)
         select $2, k.m, u.unit, u.factor, k.n, k.q, figure(k.q * u.factor)
         from unnest($3::smallint[], $4::integer[], $5::numeric[]) as k (m, n, q)
         join delivery_unit u on u.delivery_id = $1 and u.meter_id = k.m",
        // A meter that has nothing left in the old one is no longer of it.
        "delete from delivery_unit u using unnest($3::smallint[], $4::integer[], $5::numeric[]) as k (m, n, q)
         where u.delivery_id = $1 and u.meter_id = k.m and u.records = k.n and u.quantity = k.q",
        "update delivery_unit u set records = u.records - k.n, quantity = u.quantity - k.q, amount = figure((u.quantity - k.q) * u.factor)
         from unnest($3::smallint[], $4::integer[], $5::numeric[]) as k (m, n, q)
         where u.delivery_id = $1 and u.meter_id = k.m",
        "update delivery d set records = (select sum(u.records) from delivery_unit u where u.delivery_id = $1)
         where d.id = $1",
    ] {
        sqlx::query(statement)
            .bind(old)
            .bind(new)
            .bind(&meters)
            .bind(&records)
            .bind(&quantities)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
