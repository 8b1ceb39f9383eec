//! Holds on single hours: set on the rows that a delivery has just locked, and lifted when their reason is gone.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};

use super::selection::Selection;
use crate::domain::hold::HoldCode;
use crate::domain::hour::Hour;
use crate::domain::preflight::{self, Lane, Waiting};

/// Held rows looked at in one transaction.
const CHUNK: i64 = 1000;

/// The key of a row within its resource.
pub(super) type Key = (i16, DateTime<Utc>, i16);

#[derive(sqlx::FromRow)]
struct HeldRow {
    meter_id: i16,
    hour: DateTime<Utc>,
    revision: i16,
    unit: String,
    amount: Decimal,
    hold: HoldCode,
}

/// Looks at the lane's held rows again; returns how many may go now. As long as there is any reason, the first stays: people
/// decide by it. Only what waited for its invoice gets the reason that came of that.
///
/// # Errors
/// When the database fails.
pub async fn lift(pool: &PgPool, selection: Selection<'_>, lane: &Lane) -> sqlx::Result<u64> {
    let (mut lifted, mut after) = (0, (DateTime::<Utc>::UNIX_EPOCH, 0, 0));
    let mut examination = lane.examination();
    loop {
        let mut tx = pool.begin().await?;
        let rows = held(&mut tx, selection, after).await?;
        let Some(last) = rows.last() else { return Ok(lifted) };
        after = (last.hour, last.meter_id, last.revision);
        let examined = rows.iter().map(|row| (row, examination.hold(&row.waiting())));
        let changed: Vec<(Key, Option<HoldCode>)> = examined
            .filter(|(row, reason)| row.gives_way_to(*reason))
            .map(|(row, reason)| (row.key(), reason))
            .collect();
        lifted += changed.iter().filter(|(_, reason)| reason.is_none()).count() as u64;
        set(&mut tx, selection, &changed).await?;
        tx.commit().await?;
    }
}

impl HeldRow {
    fn waiting(&self) -> Waiting<'_> {
        Waiting {
            unit: &self.unit,
            hour: Hour::containing(self.hour),
            amount: self.amount,
        }
    }

    const fn key(&self) -> Key {
        (self.meter_id, self.hour, self.revision)
    }

    fn gives_way_to(&self, reason: Option<HoldCode>) -> bool {
        let waited_for_its_invoice = self.hold == HoldCode::InvoiceDue;
        reason.is_none_or(|reason| waited_for_its_invoice && reason != HoldCode::InvoiceDue)
    }
}

/// From the first to the last of the lane's held hours; none when nothing is held.
///
/// # Errors
/// When the database fails.
pub async fn held_between(
    pool: &PgPool,
    selection: Selection<'_>,
) -> sqlx::Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    let bounds: (Option<DateTime<Utc>>, Option<DateTime<Utc>>) = sqlx::query_as(
        "select min(u.hour), max(u.hour) + interval '1 hour'
         from usage_record u join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
         where u.resource_id = $1 and o.plan = $2 and o.hold is null and o.way = 'usage'
           and u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold is not null",
    )
    .bind(selection.resource_id)
    .bind(selection.plan)
    .fetch_one(pool)
    .await?;
    Ok(bounds.0.zip(bounds.1))
}

async fn held(
    tx: &mut PgConnection,
    selection: Selection<'_>,
    (hour, meter_id, revision): (DateTime<Utc>, i16, i16),
) -> sqlx::Result<Vec<HeldRow>> {
    sqlx::query_as(
        "select u.meter_id, u.hour, u.revision, o.unit, figure(u.delta * o.factor) as amount, u.hold
         from usage_record u join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
         where u.resource_id = $1 and o.plan = $2 and o.hold is null and o.way = 'usage'
           and u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold is not null and u.hold = any($3)
           and (u.hour, u.meter_id, u.revision) > ($4, $5, $6)
         order by u.hour, u.meter_id, u.revision limit $7
         for update of u",
    )
    .bind(selection.resource_id)
    .bind(selection.plan)
    .bind(preflight::codes())
    .bind(hour)
    .bind(meter_id)
    .bind(revision)
    .bind(CHUNK)
    .fetch_all(tx)
    .await
}

/// Writes the holds of rows that the transaction has locked. What was held or freed just now is looked at again soon.
pub(super) async fn set(
    tx: &mut PgConnection,
    selection: Selection<'_>,
    holds: &[(Key, Option<HoldCode>)],
) -> sqlx::Result<()> {
    if holds.is_empty() {
        return Ok(());
    }
    let keys = || holds.iter().map(|(key, _)| *key);
    sqlx::query(
        "update usage_record u set hold = k.code
         from unnest($2::smallint[], $3::timestamptz[], $4::smallint[], $5::text[]) as k (m, h, n, code)
         where u.resource_id = $1 and u.meter_id = k.m and u.hour = k.h and u.revision = k.n and u.delivery_id is null
           and u.settlement_line_id is null",
    )
    .bind(selection.resource_id)
    .bind(keys().map(|(meter, ..)| meter).collect::<Vec<_>>())
    .bind(keys().map(|(_, hour, _)| hour).collect::<Vec<_>>())
    .bind(keys().map(|(.., revision)| revision).collect::<Vec<_>>())
    .bind(holds.iter().map(|(_, hold)| *hold).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    sqlx::query("update resource set held_since = $2 where id = $1")
        .bind(selection.resource_id)
        .bind(selection.now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes when the resource's holds are to be looked at again: soon at first, later less and less often; never while it
/// has none.
///
/// # Errors
/// When the database fails.
pub async fn examine_again(pool: &PgPool, resource_id: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "with held as (
             select exists (select from usage_record where resource_id = $1 and delivery_id is null and settlement_line_id is null
                                   and not superseded and hold is not null) as any
         )
         update resource r
         set held_since = case when held.any then coalesce(r.held_since, $2) end,
             examine_at = case when held.any then
                 $2 + least(greatest(($2 - coalesce(r.held_since, $2)) / 4, interval '10 minutes'), interval '6 hours') end
         from held where r.id = $1 and (held.any or r.held_since is not null)",
    )
    .bind(resource_id)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Something changed that holds may depend on: all of them, or those of one account, are looked at with the next pass.
///
/// # Errors
/// When the database fails.
pub async fn examine_soon(pool: &PgPool, account: Option<uuid::Uuid>, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let result = sqlx::query(
        "update resource r set examine_at = $2
         where r.examine_at > $2
           and ($1::uuid is null or r.customer_id = (select c.id from customer c where c.account_id = $1))",
    )
    .bind(account)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(result.rows_affected())
}
