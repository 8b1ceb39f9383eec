//! Fixes a delivery: which records it carries, its tracking id and its sums, in one transaction before the first byte.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::lease::delta;
use super::row::Row;
use super::selection::Selection;
use super::units::insert_units;
use super::{all_rows, examine};
use crate::db::subscriptions;
use crate::domain::delivery::{MOST_RECORDS, tracking_id};
use crate::domain::hour::Hour;
use crate::domain::month::Month;
use crate::domain::preflight::{self, Lane};

/// A delivery that is fixed and not sent yet.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub id: i64,
    pub tracking_id: String,
    pub month: Month,
    pub attempts: i32,
    pub units: Vec<PreparedUnit>,
}

/// The records of one unit, as Kill Bill will see them.
#[derive(Clone, Debug)]
pub struct PreparedUnit {
    pub unit: String,
    /// Instant inside the hour, amount in Kill Bill's unit.
    pub records: Vec<(DateTime<Utc>, Decimal)>,
}

/// The earliest hour that waits for this lane, has settled and is due.
///
/// # Errors
/// When the database fails.
pub async fn first_open_hour(pool: &PgPool, selection: Selection<'_>) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar(concat!(
        "select min(u.hour) from usage_record u join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
         where u.resource_id = $1 and o.plan = $2 and o.hold is null and o.way = 'usage' and ",
        settled_rows!("$3", "$4"),
        " and u.hour < $5",
    ))
    .bind(selection.resource_id)
    .bind(selection.plan)
    .bind(delta(selection.settle_after))
    .bind(selection.now)
    .bind(selection.due_before)
    .fetch_one(pool)
    .await
}

/// What came of a look at the lane's open hours.
#[derive(Clone, Debug)]
pub enum Next {
    /// Nothing waits.
    Idle,
    /// What was looked at must wait; there may be more behind it.
    Held,
    Ready(Prepared),
}

/// Fixes the lane's next delivery: up to 1,000 records of the month that begins with `first`, in the order of their
/// hours, so that a day of a resource's meters travels together. What `lane` has a reason to hold stays here; it is asked
/// about the very rows that are locked, so that no record comes in between.
///
/// # Errors
/// When the database fails; the unique index refuses a second delivery in flight.
pub async fn prepare(
    pool: &PgPool,
    selection: Selection<'_>,
    first: DateTime<Utc>,
    mut lane: Lane,
) -> sqlx::Result<Next> {
    let month = Month::containing(first);
    let mut tx = pool.begin().await?;
    let picked = pick(&mut tx, selection, month).await?;
    if picked.is_empty() {
        return Ok(Next::Idle);
    }
    lane.account_through = lane
        .account_through
        .max(account_through(&mut tx, selection, month, &lane).await?);
    let free = hold_back(&mut tx, selection, picked, &lane).await?;
    let rows = billed_together(free, &lane);
    if rows.is_empty() {
        tx.commit().await?;
        return Ok(Next::Held);
    }
    let entries = rows.iter().map(Row::entry).collect::<Vec<_>>();
    let tracking_id = tracking_id(&external_key(&mut tx, selection.subscription_id).await?, &entries);
    let id = insert(&mut tx, selection, month, &rows, &tracking_id).await?;
    stamp(&mut tx, selection.resource_id, id, &rows).await?;
    insert_units(&mut tx, id, rows.iter().map(Row::carried)).await?;
    tx.commit().await?;
    Ok(Next::Ready(Prepared {
        id,
        tracking_id,
        month,
        attempts: 0,
        units: by_unit(rows),
    }))
}

/// Marks what `lane` has a reason to hold among the open hours of a month, and sends nothing.
///
/// # Errors
/// When the database fails.
pub async fn look(pool: &PgPool, selection: Selection<'_>, month: Month, lane: &Lane) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    let picked = pick(&mut tx, selection, month).await?;
    hold_back(&mut tx, selection, picked, lane).await?;
    tx.commit().await
}

/// What the account is billed for. Where an end of one of its subscriptions could close the month, none is decided until
/// the transaction is over.
async fn account_through(
    tx: &mut PgConnection,
    selection: Selection<'_>,
    month: Month,
    lane: &Lane,
) -> sqlx::Result<Option<NaiveDate>> {
    let id = selection.subscription_id;
    let first = lane.timeline.earliest_window(month);
    if preflight::an_end_may_close(&lane.timeline, first, selection.now) {
        subscriptions::keep_open(tx, id).await?;
        subscriptions::account_through(tx, id, selection.now).await
    } else {
        subscriptions::invoiced_through(tx, id).await
    }
}

/// Marks what must wait, and returns the rest.
async fn hold_back(
    tx: &mut PgConnection,
    selection: Selection<'_>,
    picked: Vec<Row>,
    lane: &Lane,
) -> sqlx::Result<Vec<Row>> {
    let mut examination = lane.examination();
    let examined = picked.into_iter().map(|row| {
        let hold = examination.hold(&row.waiting());
        (hold.or_else(|| row.asks(selection.asks, lane)), row)
    });
    let (held, free): (Vec<_>, Vec<_>) = examined.partition(|(hold, _)| hold.is_some());
    let held: Vec<_> = held.into_iter().map(|(hold, row)| (row.key(), hold)).collect();
    examine::set(tx, selection, &held).await?;
    Ok(free.into_iter().map(|(_, row)| row).collect())
}

/// Those that are billed with the first of them. Of a delivery that two invoices take up only the first would say so: an id
/// that an invoice has named is named by no other, and the lines of the second could not be opened.
fn billed_together(mut rows: Vec<Row>, lane: &Lane) -> Vec<Row> {
    if let Some(first) = rows.first().map(|row| lane.closes(&row.waiting())) {
        rows.retain(|row| lane.closes(&row.waiting()) == first);
    }
    rows
}

async fn pick(tx: &mut PgConnection, selection: Selection<'_>, month: Month) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(concat!(
        "select u.meter_id, m.name as meter, u.hour, u.revision, u.delta, o.unit, o.factor,
                u.delta <> u.quantity as difference, u.approval_id is not null as consented
         from usage_record u
         join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
         join meter m on m.id = u.meter_id
         where u.resource_id = $1 and u.hour >= $5 and u.hour < $6 and o.plan = $2 and o.hold is null and o.way = 'usage' and ",
        settled_rows!("$3", "$4"),
        " order by u.hour, u.meter_id, u.revision
         limit $7
         for update of u",
    ))
    .bind(selection.resource_id)
    .bind(selection.plan)
    .bind(delta(selection.settle_after))
    .bind(selection.now)
    .bind(month.start())
    .bind(month.end().min(selection.due_before))
    .bind(MOST_RECORDS)
    .fetch_all(tx)
    .await
}

/// Kill Bill knows the subscription by it for ever, whatever becomes of this database.
async fn external_key(tx: &mut PgConnection, subscription_id: i64) -> sqlx::Result<String> {
    sqlx::query_scalar("select external_key from subscription where id = $1")
        .bind(subscription_id)
        .fetch_one(tx)
        .await
}

async fn insert(
    tx: &mut PgConnection,
    selection: Selection<'_>,
    month: Month,
    rows: &[Row],
    tracking_id: &str,
) -> sqlx::Result<i64> {
    let hours = || rows.iter().map(|row| row.hour);
    sqlx::query_scalar(
        "insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at)
         values ($1, $2, $3, $4, $5, $6::timestamptz + interval '1 hour', $7, 'prepared', $8)
         returning id",
    )
    .bind(Uuid::now_v7())
    .bind(selection.subscription_id)
    .bind(tracking_id)
    .bind(month.first_day())
    .bind(hours().min())
    .bind(hours().max())
    .bind(i32::try_from(rows.len()).unwrap_or(i32::MAX))
    .bind(selection.now)
    .fetch_one(tx)
    .await
}

/// The one update of a record's life.
async fn stamp(tx: &mut PgConnection, resource_id: i64, delivery_id: i64, rows: &[Row]) -> sqlx::Result<()> {
    let (meters, (hours, revisions)): (Vec<_>, (Vec<_>, Vec<_>)) =
        rows.iter().map(|row| (row.meter_id, (row.hour, row.revision))).unzip();
    let result = sqlx::query(
        "update usage_record u set delivery_id = $5
         from unnest($2::smallint[], $3::timestamptz[], $4::smallint[]) as k (m, h, n)
         where u.resource_id = $1 and u.meter_id = k.m and u.hour = k.h and u.revision = k.n and u.delivery_id is null",
    )
    .bind(resource_id)
    .bind(meters)
    .bind(hours)
    .bind(revisions)
    .bind(delivery_id)
    .execute(tx)
    .await?;
    all_rows(&result, rows.len())
}

/// The records as Kill Bill is told them: by unit, each at an instant inside its hour.
pub(super) fn by_unit(rows: Vec<Row>) -> Vec<PreparedUnit> {
    let mut units: BTreeMap<String, Vec<(DateTime<Utc>, Decimal)>> = BTreeMap::new();
    for row in rows {
        let stamp = Hour::containing(row.hour).stamp();
        units.entry(row.unit).or_default().push((stamp, row.delta * row.factor));
    }
    units
        .into_iter()
        .map(|(unit, records)| PreparedUnit { unit, records })
        .collect()
}
