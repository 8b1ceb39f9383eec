//! Corrections: a new revision beside the old one, carrying only the difference that Kill Bill was not told yet.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::key::{NaturalKey, columns, revision};
use super::push::{Far, Taking};
use super::sums::Change;
use crate::domain::hold::HoldCode;
use crate::domain::quantity::Quantity;
use crate::domain::usage::{Rejection, Verdict};

/// Revisions are counted in twelve bits of a record's uuid.
const MOST_REVISIONS: i16 = 4095;

/// The newest revision of a record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Latest {
    resource_id: i64,
    meter_id: i16,
    hour: DateTime<Utc>,
    pub(super) revision: i16,
    pub(super) quantity: Decimal,
    hold: Option<HoldCode>,
}

impl Latest {
    /// Why it is held, if that is its distance from the clocks.
    pub(super) fn far(&self) -> Option<HoldCode> {
        self.hold
            .filter(|code| matches!(code, HoldCode::Ahead | HoldCode::TooOld))
    }
}

/// A correction to make: index in the push, key, the quantity that is right.
pub(super) type Correction = (usize, NaturalKey, Quantity);

/// The newest revision of each key that is stored.
pub(super) async fn latest(tx: &mut PgConnection, keys: &[NaturalKey]) -> sqlx::Result<HashMap<NaturalKey, Latest>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let (resources, meters, hours) = columns(keys.iter().copied());
    let rows: Vec<Latest> = sqlx::query_as(
        "select distinct on (u.resource_id, u.meter_id, u.hour) u.resource_id, u.meter_id, u.hour, u.revision, u.quantity, u.hold
         from unnest($1::bigint[], $2::smallint[], $3::timestamptz[]) as k (r, m, h)
         join usage_record u on u.resource_id = k.r and u.meter_id = k.m and u.hour = k.h
         order by u.resource_id, u.meter_id, u.hour, u.revision desc",
    )
    .bind(resources)
    .bind(meters)
    .bind(hours)
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.resource_id, row.meter_id, row.hour), row))
        .collect())
}

/// Adds a revision for each correction. First every record is locked, then looked at again: a delivery or another
/// correction may have come in between.
pub(super) async fn correct(
    tx: &mut PgConnection,
    corrections: &[Correction],
    taking: &mut Taking,
) -> sqlx::Result<Vec<(usize, Verdict)>> {
    if corrections.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<NaturalKey> = corrections.iter().map(|(_, key, _)| *key).collect();
    // Twice: the first wait may end with a revision that was not there when it began. With the first revision held no
    // further one can appear, so the second covers all.
    lock(tx, &keys).await?;
    lock(tx, &keys).await?;
    let stored = latest(tx, &keys).await?;
    let told = told(tx, &taking.far).await?;
    let mut verdicts = Vec::with_capacity(corrections.len());
    let mut revisions = Vec::new();
    for (index, key, quantity) in corrections {
        let Some(latest) = stored.get(key) else { continue };
        if latest.quantity == quantity.value() {
            verdicts.push((*index, taking.duplicate(*key, latest)));
        } else if latest.revision >= MOST_REVISIONS {
            verdicts.push((*index, Verdict::Rejected(too_many())));
        } else {
            let new = revision(*key, latest.revision + 1);
            // What Kill Bill was told may be taken back, however far the hour is.
            let far = taking.far.get(key).copied().filter(|_| !told.contains(key));
            verdicts.push((*index, Verdict::Corrected(new)));
            revisions.push((*key, new.revision, quantity.value(), far));
            taking.changes.extend(latest.change(*key, *quantity, far));
            taking.held.extend(far.map(|code| (new, code)));
        }
    }
    write(tx, &revisions, taking.now).await?;
    Ok(verdicts)
}

impl Latest {
    /// What the kept sums grow by; they know only what is not held for its distance.
    fn change(&self, key: NaturalKey, quantity: Quantity, far: Option<HoldCode>) -> Option<Change> {
        let counted = |far: Option<HoldCode>, quantity| match far {
            Some(_) => (Decimal::ZERO, 0),
            None => (quantity, 1),
        };
        let (before, after) = (counted(self.far(), self.quantity), counted(far, quantity.value()));
        (before != after).then(|| Change {
            key,
            quantity: after.0 - before.0,
            records: after.1 - before.1,
            // What was counted before is counted as replaced now.
            replaced: before.1,
        })
    }
}

/// The hours of which deliveries and settlements carry something.
async fn told(tx: &mut PgConnection, far: &Far) -> sqlx::Result<HashSet<NaturalKey>> {
    if far.is_empty() {
        return Ok(HashSet::new());
    }
    let (resources, meters, hours) = columns(far.keys().copied());
    let rows: Vec<NaturalKey> = sqlx::query_as(
        "select u.resource_id, u.meter_id, u.hour
         from unnest($1::bigint[], $2::smallint[], $3::timestamptz[]) as k (r, m, h)
         join usage_record u on u.resource_id = k.r and u.meter_id = k.m and u.hour = k.h
         where u.delivery_id is not null or u.settlement_line_id is not null
         group by 1, 2, 3 having sum(u.delta) <> 0",
    )
    .bind(resources)
    .bind(meters)
    .bind(hours)
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().collect())
}

/// All revisions of the keys, so that a worker that is about to stamp one has either done it or waits.
async fn lock(tx: &mut PgConnection, keys: &[NaturalKey]) -> sqlx::Result<()> {
    let (resources, meters, hours) = columns(keys.iter().copied());
    sqlx::query(
        "select 1 from usage_record u
         join unnest($1::bigint[], $2::smallint[], $3::timestamptz[]) as k (r, m, h)
           on u.resource_id = k.r and u.meter_id = k.m and u.hour = k.h
         order by u.resource_id, u.meter_id, u.hour, u.revision
         for update of u",
    )
    .bind(resources)
    .bind(meters)
    .bind(hours)
    .execute(tx)
    .await?;
    Ok(())
}

/// A revision to write: with why it is held, if that is its distance.
type Revision = (NaturalKey, i16, Decimal, Option<HoldCode>);

async fn write(tx: &mut PgConnection, revisions: &[Revision], now: DateTime<Utc>) -> sqlx::Result<()> {
    let (resources, meters, hours) = columns(revisions.iter().map(|(key, ..)| *key));
    let numbers: Vec<i16> = revisions.iter().map(|(_, number, ..)| *number).collect();
    let quantities: Vec<Decimal> = revisions.iter().map(|(_, _, quantity, _)| *quantity).collect();
    let holds: Vec<Option<HoldCode>> = revisions.iter().map(|(.., far)| *far).collect();
    sqlx::query(
        "with pushed as (
             select * from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::smallint[], $5::numeric[], $7::text[])
                           as p (r, m, h, n, q, c)
         ), older as (
             update usage_record u set superseded = true
             from pushed p
             where u.resource_id = p.r and u.meter_id = p.m and u.hour = p.h and u.revision < p.n and not u.superseded
         )
         insert into usage_record (resource_id, meter_id, hour, revision, quantity, delta, hold, recorded_at)
         -- The difference to what deliveries and settlements carry already. An older revision that none carries is never sent.
         select r, m, h, n, q,
                q - coalesce((select sum(s.delta) from usage_record s
                              where s.resource_id = r and s.meter_id = m and s.hour = h
                                and (s.delivery_id is not null or s.settlement_line_id is not null)), 0),
                -- Where money was settled, money settles what is corrected: less usage would shrink what Kill Bill never had.
                coalesce(c, (select s.hold from usage_record s
                 where s.resource_id = r and s.meter_id = m and s.hour = h and s.settlement_line_id is not null
                   and s.hold <> 'monthly-price'
                 order by s.revision desc limit 1)),
                $6
         from pushed order by r, m, h",
    )
    .bind(resources)
    .bind(meters)
    .bind(hours)
    .bind(numbers)
    .bind(quantities)
    .bind(now)
    .bind(holds)
    .execute(tx)
    .await?;
    Ok(())
}

fn too_many() -> Rejection {
    let detail = format!("the record was corrected {MOST_REVISIONS} times; something pushes in a circle");
    Rejection {
        field: "correction".to_owned(),
        code: "too_many_revisions",
        detail,
    }
}
