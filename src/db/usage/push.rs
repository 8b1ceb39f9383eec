//! Takes a push into the ledger, as sets: the rows it inserts are the outbox, so nothing else has to commit with them.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::key::{NaturalKey, columns, revision};
use super::revise;
use super::sums::{self, Change};
use crate::db::reach::far_codes;
use crate::domain::hold::HoldCode;
use crate::domain::hour::Hour;
use crate::domain::quantity::Quantity;
use crate::domain::reach::Reach;
use crate::domain::usage::{RecordKey, Rejection, UsageRecord, Verdict};

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
    /// Revisions that are held because they lie far from the clocks.
    pub far: HashMap<RecordKey, HoldCode>,
}

/// Why hours of the push are held, by key.
pub(super) type Far = HashMap<NaturalKey, HoldCode>;

/// Records `records` in the caller's transaction; the months' partitions must be there.
///
/// Within one push the records count in their order: a second one with the same key meets the first.
///
/// # Errors
/// When the database fails; then the caller's transaction must not be committed.
pub async fn record(
    tx: &mut PgConnection,
    records: &[UsageRecord],
    reach: Reach,
    now: DateTime<Utc>,
) -> sqlx::Result<Pushed> {
    let resources = resources(tx, records, now).await?;
    let by_uuid: HashMap<Uuid, &ResourceFacts> = resources.iter().map(|facts| (facts.uuid, facts)).collect();
    let mut verdicts: BTreeMap<usize, Verdict> = BTreeMap::new();
    let mut waiting: Waiting<'_> = Vec::with_capacity(records.len());
    let mut late = Vec::new();
    for (index, record) in records.iter().enumerate() {
        // Stored above if it was not known; without it the record gets no verdict.
        let Some(facts) = by_uuid.get(&record.resource) else {
            continue;
        };
        let key = (facts.id, record.meter_id, record.hour.start());
        match facts.terminated_at {
            Some(at) if record.hour.start() >= at => late.push(((index, record, key), at)),
            _ => waiting.push((index, record, key)),
        }
    }
    for (placed, verdict) in after_the_end(tx, &late).await? {
        match verdict {
            Some(verdict) => drop(verdicts.insert(placed.0, verdict)),
            None => waiting.push(placed),
        }
    }
    let mut taking = Taking {
        far: far(tx, &waiting, reach).await?,
        held: HashMap::new(),
        changes: Vec::with_capacity(records.len()),
        now,
    };
    while !waiting.is_empty() {
        let (round, later) = first_of_each_key(waiting);
        verdicts.extend(taking.take(tx, &round).await?);
        waiting = later;
    }
    sums::add(tx, &taking.changes).await?;
    // A record without a verdict would shift those of all others: then nothing is stored.
    if verdicts.len() < records.len() {
        return Err(sqlx::Error::RowNotFound);
    }
    Ok(Pushed {
        verdicts: verdicts.into_values().collect(),
        resources,
        far: taking.held,
    })
}

/// The hours that lie out of reach and that nobody let go.
async fn far(tx: &mut PgConnection, waiting: &Waiting<'_>, reach: Reach) -> sqlx::Result<Far> {
    let hold = |(.., key): &Placed<'_>| Some((*key, reach.hold(Hour::containing(key.2))?));
    let out_of_reach: Vec<(NaturalKey, HoldCode)> = waiting.iter().filter_map(hold).collect();
    let codes = far_codes(tx, &out_of_reach).await?;
    let held = out_of_reach.into_iter().zip(codes);
    Ok(held.filter_map(|((key, _), code)| Some((key, code?))).collect())
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
/// that got no answer may be repeated at any time, and a wrong hour corrected to zero (no verdict here).
async fn after_the_end<'r>(
    tx: &mut PgConnection,
    late: &[(Placed<'r>, DateTime<Utc>)],
) -> sqlx::Result<Vec<(Placed<'r>, Option<Verdict>)>> {
    let stored = revise::latest(tx, &late.iter().map(|((.., key), _)| *key).collect::<Vec<_>>()).await?;
    let verdict = |(placed, at): &(Placed<'r>, DateTime<Utc>)| {
        let (_, record, key) = placed;
        let verdict = match stored.get(key) {
            Some(latest) if latest.quantity == record.quantity.value() => {
                Some(Verdict::Duplicate(revision(*key, latest.revision)))
            }
            Some(_) if record.correction && record.quantity.value().is_zero() => None,
            _ => Some(Verdict::Rejected(terminated(record, *at))),
        };
        (*placed, verdict)
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

/// A record with its place in the push and its key.
type Placed<'r> = (usize, &'r UsageRecord, NaturalKey);

type Waiting<'r> = Vec<Placed<'r>>;

fn first_of_each_key(waiting: Waiting<'_>) -> (Waiting<'_>, Waiting<'_>) {
    let mut seen = HashSet::with_capacity(waiting.len());
    waiting.into_iter().partition(|(.., key)| seen.insert(*key))
}

/// A push on its way into the ledger.
pub(super) struct Taking {
    pub(super) far: Far,
    /// What was held of it, by revision.
    pub(super) held: HashMap<RecordKey, HoldCode>,
    /// What the kept sums grow by.
    pub(super) changes: Vec<Change>,
    pub(super) now: DateTime<Utc>,
}

impl Taking {
    /// One round: every key at most once. Inserts what is new and compares the rest with what is stored.
    async fn take(&mut self, tx: &mut PgConnection, round: &Waiting<'_>) -> sqlx::Result<Vec<(usize, Verdict)>> {
        let fresh = self.insert(tx, round).await?;
        let (new, known): (Vec<_>, Vec<_>) = round.iter().copied().partition(|(.., key)| fresh.contains(key));
        let mut verdicts: Vec<_> = new
            .into_iter()
            .map(|(index, record, key)| (index, self.accepted(record, key)))
            .collect();
        let stored = revise::latest(tx, &known.iter().map(|(.., key)| *key).collect::<Vec<_>>()).await?;
        let mut corrections = Vec::new();
        for (index, record, key) in known {
            let Some(latest) = stored.get(&key) else { continue };
            if latest.quantity == record.quantity.value() {
                verdicts.push((index, self.duplicate(key, latest)));
            } else if record.correction {
                corrections.push((index, key, record.quantity));
            } else {
                verdicts.push((index, conflict(key, latest.revision, latest.quantity)));
            }
        }
        verdicts.extend(revise::correct(tx, &corrections, self).await?);
        Ok(verdicts)
    }

    fn accepted(&mut self, record: &UsageRecord, key: NaturalKey) -> Verdict {
        let new = revision(key, 1);
        match self.far.get(&key) {
            Some(code) => drop(self.held.insert(new, *code)),
            None => self.changes.push(Change {
                key,
                quantity: record.quantity.value(),
                records: 1,
                replaced: 0,
            }),
        }
        Verdict::Accepted(new)
    }

    pub(super) fn duplicate(&mut self, key: NaturalKey, latest: &revise::Latest) -> Verdict {
        let known = revision(key, latest.revision);
        if let Some(code) = latest.far() {
            self.held.insert(known, code);
        }
        Verdict::Duplicate(known)
    }

    /// In key order, so that two pushes that overlap wait for each other instead of deadlocking.
    async fn insert(&self, tx: &mut PgConnection, round: &Waiting<'_>) -> sqlx::Result<HashSet<NaturalKey>> {
        let (resources, meters, hours) = columns(round.iter().map(|(.., key)| *key));
        let quantity = |(_, record, _): &Placed<'_>| record.quantity.value();
        let hold = |(.., key): &Placed<'_>| self.far.get(key).copied();
        let rows: Vec<NaturalKey> = sqlx::query_as(
            "insert into usage_record (resource_id, meter_id, hour, revision, quantity, delta, hold, recorded_at)
             select r, m, h, 1, q, q, c, $6
             from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::numeric[], $5::text[]) as pushed (r, m, h, q, c)
             order by r, m, h
             on conflict do nothing
             returning resource_id, meter_id, hour",
        )
        .bind(resources)
        .bind(meters)
        .bind(hours)
        .bind(round.iter().map(quantity).collect::<Vec<Decimal>>())
        .bind(round.iter().map(hold).collect::<Vec<_>>())
        .bind(self.now)
        .fetch_all(tx)
        .await?;
        Ok(rows.into_iter().collect())
    }
}

pub(super) fn conflict(key: NaturalKey, number: i16, stored: Decimal) -> Verdict {
    // What the ledger holds was a quantity when it came in.
    let stored = Quantity::new(stored).unwrap_or(Quantity::ZERO);
    Verdict::Conflict {
        key: revision(key, number),
        stored,
    }
}
