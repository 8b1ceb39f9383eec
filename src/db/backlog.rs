//! What Kill Bill does not have for certain yet: in records, in age and in money; and how late the jobs are.
//! Read at every scrape of `/metrics` and by the overview, so the queries stand on the partial indexes of what is open.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::{Decode, FromRow, PgPool, Postgres, Type};

use super::jobs;
use crate::domain::delivery::DeliveryState;
use crate::domain::job::Job;
use crate::domain::mail::MailState;
use crate::domain::settlement::SettlementState;
use crate::domain::usage::RecordState;

/// The whole picture at one instant.
#[derive(Clone, Debug, Default)]
pub struct Backlog {
    pub records: Vec<Waiting>,
    pub values: Vec<Value>,
    pub deliveries: Vec<(DeliveryState, i64)>,
    pub settlements: Vec<(SettlementState, i64)>,
    pub mails: Vec<(MailState, i64)>,
    pub jobs: Vec<Lateness>,
}

/// Records in one state.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// One of those that wait.
    pub state: RecordState,
    pub records: i64,
    /// How long ago the oldest of them was recorded; zero when there is none.
    pub oldest: TimeDelta,
}

/// What the pending and held records are worth at today's list price, where they have one.
#[derive(Clone, Debug, FromRow)]
pub struct Value {
    pub state: RecordState,
    pub currency: String,
    pub amount: Decimal,
}

/// How late a job is.
#[derive(Clone, Debug)]
pub struct Lateness {
    pub name: Job,
    /// Zero when it is not due yet.
    pub overdue: TimeDelta,
    pub finished: Option<DateTime<Utc>>,
    pub failed: bool,
    pub paused: bool,
}

// Rows that no delivery carries. Two halves, because each has its own partial index; together neither would be used and
// the whole ledger would be read at every scrape.
macro_rules! with_waiting {
    ($rest:literal) => {
        concat!(
            "with waiting as (
                select resource_id, meter_id, recorded_at, delta, false as held from usage_record
                 where delivery_id is null and not superseded and hold is null
                union all
                select resource_id, meter_id, recorded_at, delta, true from usage_record
                 where delivery_id is null and settlement_line_id is null and not superseded and hold is not null
                   and delta <> 0
             ) ",
            $rest
        )
    };
}

const OPEN_STATES: [RecordState; 5] = [
    RecordState::Pending,
    RecordState::Held,
    RecordState::Sending,
    RecordState::Unknown,
    RecordState::Refused,
];

/// Reads everything as of `now`.
///
/// # Errors
/// When the database fails.
pub async fn read(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<Backlog> {
    Ok(Backlog {
        records: records(pool, now).await?,
        values: values(pool).await?,
        deliveries: by_state(
            pool,
            "select state, count(*) from delivery group by state",
            DeliveryState::ALL,
        )
        .await?,
        settlements: by_state(
            pool,
            "select state, count(*) from settlement group by state",
            SettlementState::ALL,
        )
        .await?,
        mails: by_state(pool, "select state, count(*) from mail group by state", MailState::ALL).await?,
        jobs: lateness(pool, now).await?,
    })
}

/// How many rows stand in each of the states.
async fn by_state<S>(pool: &PgPool, statement: &'static str, states: &[S]) -> sqlx::Result<Vec<(S, i64)>>
where
    S: Copy + Eq + Hash + Send + Unpin + Type<Postgres> + for<'r> Decode<'r, Postgres>,
{
    let counted: HashMap<S, i64> = sqlx::query_as(statement).fetch_all(pool).await?.into_iter().collect();
    let of = |state: &S| (*state, counted.get(state).copied().unwrap_or_default());
    Ok(states.iter().map(of).collect())
}

/// A record without a delivery is held when the record or its meter's route says so; else it belongs to its delivery,
/// whose `records` counts it (a delivery that is prepared counts as being sent).
async fn records(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<Vec<Waiting>> {
    let rows: Vec<(RecordState, i64, Option<DateTime<Utc>>)> = sqlx::query_as(with_waiting!(
        "select case when w.held or r.hold is not null then 'held' else 'pending' end, count(*), min(w.recorded_at)
           from waiting w
           left join route r on r.resource_id = w.resource_id and r.meter_id = w.meter_id
          group by 1
         union all
         select case d.state when 'prepared' then 'sending' else d.state end, sum(d.records)::bigint, min(d.created_at)
           from delivery d
          where d.state in ('prepared', 'sending', 'unknown', 'refused')
          group by 1
         union all
         select case s.state when 'prepared' then 'sending' else s.state end, sum(s.records)::bigint, min(s.created_at)
           from settlement s
          where s.state in ('prepared', 'sending', 'unknown', 'refused')
          group by 1"
    ))
    .fetch_all(pool)
    .await?;
    let waiting = |state: RecordState| {
        // Deliveries and settlements have a row each.
        let mine = || rows.iter().filter(|(one, ..)| *one == state);
        let since = mine().filter_map(|(_, _, since)| *since).min().unwrap_or(now);
        Waiting {
            state,
            records: mine().map(|(_, records, _)| *records).sum(),
            oldest: (now - since).max(TimeDelta::zero()),
        }
    };
    Ok(OPEN_STATES.map(waiting).to_vec())
}

/// The list price is that of the catalog version in force (by Kill Bill's clock); a route that names no plan has no value yet.
async fn values(pool: &PgPool) -> sqlx::Result<Vec<Value>> {
    sqlx::query_as(with_waiting!(
        ", price as (
            select plan, unit, currency, hourly from price_item
             where version_id = (select id from catalog_version where in_force)
         ), worth as (
            select case when w.held or r.hold is not null then 'held' else 'pending' end as state,
                   p.currency, figure(sum(w.delta * p.hourly)) as amount
              from waiting w
              join route r on r.resource_id = w.resource_id and r.meter_id = w.meter_id
              join price p on p.plan = r.plan and p.unit is not distinct from r.unit
             group by 1, 2
         )
         -- Also what is worth nothing, so that a gauge goes back to zero when its backlog is gone.
         select state, currency, coalesce(worth.amount, 0) as amount
           from (values ('pending'), ('held')) as known (state)
          cross join (select distinct currency from price) as listed
           left join worth using (state, currency)
          order by state, currency"
    ))
    .fetch_all(pool)
    .await
}

/// A job without a row has never run in this database; it is late from the moment the row should be there, which
/// nobody knows, so it counts as not due and shows no `finished`.
async fn lateness(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<Vec<Lateness>> {
    let rows = jobs::list(pool).await?;
    let lateness = |job: Job| {
        let row = rows.iter().find(|row| row.name == job);
        Lateness {
            name: job,
            overdue: row
                .filter(|row| row.is_overdue(now))
                .map_or(TimeDelta::zero(), |row| now - row.next_due_at),
            paused: row.is_some_and(|row| row.paused_at.is_some()),
            finished: row.and_then(|row| row.last_finished),
            failed: row.and_then(|row| row.last_failed).unwrap_or_default(),
        }
    };
    Ok(Job::ALL.iter().copied().map(lateness).collect())
}
