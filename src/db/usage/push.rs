//! Takes a push into the ledger, as sets: the rows it inserts are the outbox, so nothing else has to commit with them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::key::{NaturalKey, columns, revision};
use super::revise;
use super::sums::{self, Change};
use crate::domain::quantity::Quantity;
use crate::domain::usage::{Rejection, UsageRecord, Verdict};

/// What a push needs to know of a resource.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ResourceFacts {
    pub id: i64,
    pub uuid: Uuid,
    pub r#type: String,
    pub registered: bool,
    pub terminated_at: Option<DateTime<Utc>>,
}

/// The verdict on each record, in the order given, and the resources they name.
#[derive(Debug)]
pub struct Pushed {
    pub verdicts: Vec<Verdict>,
    pub resources: Vec<ResourceFacts>,
}

/// Records `records` in the caller's transaction; the months' partitions must be there.
///
/// Within one push the records count in their order: a second one with the same key meets the first.
///
/// # Errors
/// When the database fails; then the caller's transaction must not be committed.
pub async fn record(tx: &mut PgConnection, records: &[UsageRecord], now: DateTime<Utc>) -> sqlx::Result<Pushed> {
    let resources = resources(tx, records, now).await?;
    let by_uuid: HashMap<Uuid, &ResourceFacts> = resources.iter().map(|facts| (facts.uuid, facts)).collect();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; records.len()];
    let mut waiting: Waiting = Vec::with_capacity(records.len());
    let mut late = Vec::new();
    for (index, record) in records.iter().enumerate() {
        // Stored above if it was not known; without it the record gets no verdict.
        let Some(facts) = by_uuid.get(&record.resource) else {
            continue;
        };
        let key = (facts.id, record.meter_id, record.hour.start());
        match facts.terminated_at {
            Some(at) if record.hour.start() >= at => late.push((index, key, at)),
            _ => waiting.push((index, key)),
        }
    }
    for (index, verdict) in after_the_end(tx, records, &late).await? {
        verdicts[index] = Some(verdict);
    }
    let mut changes = Vec::with_capacity(records.len());
    while !waiting.is_empty() {
        let (round, later) = first_of_each_key(waiting);
        for (index, verdict) in take(tx, records, &round, &mut changes, now).await? {
            verdicts[index] = Some(verdict);
        }
        waiting = later;
    }
    sums::add(tx, &changes).await?;
    // A record without a verdict would shift those of all others: then nothing is stored.
    let verdicts = verdicts
        .into_iter()
        .collect::<Option<_>>()
        .ok_or(sqlx::Error::RowNotFound)?;
    Ok(Pushed { verdicts, resources })
}

/// Finds the resources, as stubs where a record came before the registration. Key locks: a termination (`for update`)
/// waits for us or we for it, so no hour slips in behind an end; a worker's lease is a plain update and waits for nobody.
async fn resources(
    tx: &mut PgConnection,
    records: &[UsageRecord],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<ResourceFacts>> {
    let mut uuids: Vec<Uuid> = records.iter().map(|record| record.resource).collect();
    uuids.sort_unstable();
    uuids.dedup();
    let find = "select id, uuid, type, customer_id is not null as registered, terminated_at
                from resource where uuid = any($1) order by uuid for key share";
    let found: Vec<ResourceFacts> = sqlx::query_as(find).bind(&uuids).fetch_all(&mut *tx).await?;
    if found.len() == uuids.len() {
        return Ok(found);
    }
    sqlx::query(
        "insert into resource (uuid, created_at, updated_at) select u, $2, $2 from unnest($1::uuid[]) u order by u
         on conflict (uuid) do nothing",
    )
    .bind(&uuids)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query_as(find).bind(&uuids).fetch_all(tx).await
}

/// Of hours after a resource's end nothing new is taken. What came before the end was told is known all the same: a push
/// that got no answer may be repeated at any time.
async fn after_the_end(
    tx: &mut PgConnection,
    records: &[UsageRecord],
    late: &[(usize, NaturalKey, DateTime<Utc>)],
) -> sqlx::Result<Vec<(usize, Verdict)>> {
    let stored = revise::latest(tx, &late.iter().map(|(_, key, _)| *key).collect::<Vec<_>>()).await?;
    let verdict = |(index, key, at): &(usize, NaturalKey, DateTime<Utc>)| {
        let record = &records[*index];
        let known = stored
            .get(key)
            .filter(|latest| latest.quantity == record.quantity.value());
        let verdict = known.map_or_else(
            || Verdict::Rejected(terminated(record, *at)),
            |latest| Verdict::Duplicate(revision(*key, latest.revision)),
        );
        (*index, verdict)
    };
    Ok(late.iter().map(verdict).collect())
}

fn terminated(record: &UsageRecord, at: DateTime<Utc>) -> Rejection {
    Rejection {
        field: "hour".to_owned(),
        code: "terminated",
        detail: format!(
            "{} begins at or after the resource's termination at {}",
            record.hour,
            at.to_rfc3339()
        ),
    }
}

/// Places in the push, with their keys.
type Waiting = Vec<(usize, NaturalKey)>;

fn first_of_each_key(waiting: Waiting) -> (Waiting, Waiting) {
    let mut seen = HashSet::with_capacity(waiting.len());
    waiting.into_iter().partition(|(_, key)| seen.insert(*key))
}

/// One round: every key at most once. Inserts what is new and compares the rest with what is stored.
async fn take(
    tx: &mut PgConnection,
    records: &[UsageRecord],
    round: &Waiting,
    changes: &mut Vec<Change>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(usize, Verdict)>> {
    let fresh = insert(tx, records, round, now).await?;
    let (new, known): (Vec<_>, Vec<_>) = round.iter().copied().partition(|(_, key)| fresh.contains(key));
    changes.extend(new.iter().map(|(index, key)| Change {
        key: *key,
        quantity: records[*index].quantity.value(),
        new: true,
    }));
    let mut verdicts: Vec<_> = new
        .into_iter()
        .map(|(index, key)| (index, Verdict::Accepted(revision(key, 1))))
        .collect();
    let stored = revise::latest(tx, &known.iter().map(|(_, key)| *key).collect::<Vec<_>>()).await?;
    let mut corrections = Vec::new();
    for (index, key) in known {
        let Some(latest) = stored.get(&key) else { continue };
        let record = &records[index];
        if latest.quantity == record.quantity.value() {
            verdicts.push((index, Verdict::Duplicate(revision(key, latest.revision))));
        } else if record.correction {
            corrections.push((index, key, record.quantity));
        } else {
            verdicts.push((index, conflict(key, latest.revision, latest.quantity)));
        }
    }
    verdicts.extend(revise::correct(tx, &corrections, changes, now).await?);
    Ok(verdicts)
}

/// In key order, so that two pushes that overlap wait for each other instead of deadlocking.
async fn insert(
    tx: &mut PgConnection,
    records: &[UsageRecord],
    round: &Waiting,
    now: DateTime<Utc>,
) -> sqlx::Result<HashSet<NaturalKey>> {
    let (resources, meters, hours) = columns(round.iter().map(|(_, key)| *key));
    let quantities: Vec<Decimal> = round
        .iter()
        .map(|(index, _)| records[*index].quantity.value())
        .collect();
    let rows: Vec<NaturalKey> = sqlx::query_as(
        "insert into usage_record (resource_id, meter_id, hour, revision, quantity, delta, recorded_at)
         select r, m, h, 1, q, q, $5
         from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::numeric[]) as pushed (r, m, h, q)
         order by r, m, h
         on conflict do nothing
         returning resource_id, meter_id, hour",
    )
    .bind(resources)
    .bind(meters)
    .bind(hours)
    .bind(quantities)
    .bind(now)
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().collect())
}

pub(super) fn conflict(key: NaturalKey, number: i16, stored: Decimal) -> Verdict {
    // What the ledger holds was a quantity when it came in.
    let stored = Quantity::new(stored).unwrap_or(Quantity::ZERO);
    Verdict::Conflict {
        key: revision(key, number),
        stored,
    }
}
