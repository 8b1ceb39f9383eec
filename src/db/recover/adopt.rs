//! Records that Kill Bill has already: they get a delivery that was never sent from here, in one transaction.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Waiting;
use crate::db::outbox::{all_rows, insert_units, tell_more};
use crate::db::subscriptions::Subscription;
use crate::domain::delivery::{Entry, MOST_RECORDS, tracking_id};
use crate::domain::hour::Hour;
use crate::domain::month::Month;

/// How we know.
const DETAIL: &str = "found in Kill Bill's sums: sent from a ledger that was lost";

/// Writes down that Kill Bill has these records of one month, in deliveries of at most a thousand.
///
/// # Errors
/// When the database fails; `RowNotFound` when one of them was corrected or sent in the meantime, and nothing is written.
pub async fn adopt(
    pool: &PgPool,
    subscription: &Subscription,
    found: &[Waiting],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    for part in found.chunks(usize::try_from(MOST_RECORDS).unwrap_or(usize::MAX)) {
        let id = insert(&mut tx, subscription, part, now).await?;
        stamp(&mut tx, subscription.resource_id, id, part).await?;
        insert_units(
            &mut tx,
            id,
            part.iter()
                .map(|row| (row.meter_id, row.unit.as_str(), row.factor, row.delta)),
        )
        .await?;
        sqlx::query(
            "insert into delivery_attempt (delivery_id, attempt, kind, at, outcome, answer)
             values ($1, 0, 'read-back', $2, 'delivered', $3)",
        )
        .bind(id)
        .bind(now)
        .bind(DETAIL)
        .execute(&mut *tx)
        .await?;
    }
    lessen(&mut tx, subscription.resource_id, found).await?;
    tx.commit().await
}

async fn insert(
    tx: &mut PgConnection,
    subscription: &Subscription,
    part: &[Waiting],
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let entry = |row: &'_ Waiting| (row.meter.clone(), Hour::containing(row.hour), row.revision, row.delta);
    let rows: Vec<_> = part.iter().map(entry).collect();
    let entries: Vec<Entry<'_>> = rows
        .iter()
        .map(|(meter, hour, revision, delta)| Entry {
            meter,
            hour: *hour,
            revision: *revision,
            delta: *delta,
        })
        .collect();
    let hours = || part.iter().map(|row| row.hour);
    sqlx::query_scalar(
        "insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at,
                               settled_at, recovered_at, detail)
         values ($1, $2, 'recovered:' || $3, $4, $5, $6::timestamptz + interval '1 hour', $7, 'delivered', $8, $8, $8, $9)
         returning id",
    )
    .bind(Uuid::now_v7())
    .bind(subscription.id)
    .bind(tracking_id(&subscription.plan, &entries))
    .bind(hours().min().map(|first| Month::containing(first).first_day()))
    .bind(hours().min())
    .bind(hours().max())
    .bind(i32::try_from(part.len()).unwrap_or(i32::MAX))
    .bind(now)
    .bind(DETAIL)
    .fetch_one(tx)
    .await
}

/// Only as they were when the ruling was made.
async fn stamp(tx: &mut PgConnection, resource_id: i64, delivery_id: i64, part: &[Waiting]) -> sqlx::Result<()> {
    let result = sqlx::query(
        "update usage_record u set delivery_id = $7, hold = null
         from unnest($2::smallint[], $3::timestamptz[], $4::smallint[], $5::numeric[], $6::boolean[]) as k (m, h, n, d, s)
         where u.resource_id = $1 and u.meter_id = k.m and u.hour = k.h and u.revision = k.n
           and u.delivery_id is null and u.settlement_line_id is null and u.delta = k.d and u.superseded = k.s",
    )
    .bind(resource_id)
    .bind(part.iter().map(|row| row.meter_id).collect::<Vec<_>>())
    .bind(part.iter().map(|row| row.hour).collect::<Vec<_>>())
    .bind(part.iter().map(|row| row.revision).collect::<Vec<_>>())
    .bind(part.iter().map(|row| row.delta).collect::<Vec<_>>())
    .bind(part.iter().map(|row| row.superseded).collect::<Vec<_>>())
    .bind(delivery_id)
    .execute(tx)
    .await?;
    all_rows(&result, part.len())
}

/// Where a replaced revision was found, the one that replaced it has only the difference left to tell.
async fn lessen(tx: &mut PgConnection, resource_id: i64, found: &[Waiting]) -> sqlx::Result<()> {
    let replaced = found.iter().filter(|row| row.superseded);
    let less: Vec<_> = replaced.map(|row| (row.meter_id, row.hour, -row.delta)).collect();
    tell_more(tx, resource_id, &less).await
}
