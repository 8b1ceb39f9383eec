//! Takes a fixed delivery back instead of sending it (again): while it could not be sent, or was looked for, its month may have
//! been invoiced, and what it would take back then shrinks an invoice, or is never billed.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};

use super::content::rows;
use super::newest::tell_more;
use super::selection::Selection;
use super::settle::Open;
use crate::domain::delivery::DeliveryState;
use crate::domain::hold::HoldCode;
use crate::domain::month::Month;
use crate::domain::preflight::Lane;

/// A record that is in no delivery any more.
#[derive(sqlx::FromRow)]
struct Freed {
    meter_id: i16,
    hour: DateTime<Utc>,
    delta: Decimal,
    superseded: bool,
}

/// Withdraws a prepared delivery when `lane` has a reason to hold one of its records; returns the reason. All of its records
/// wait again then, each for itself. None when it may go, or when Kill Bill may have it for all that is known.
///
/// # Errors
/// When the database fails; nothing is changed then.
pub async fn withdraw(
    pool: &PgPool,
    selection: Selection<'_>,
    open: &Open,
    lane: &Lane,
) -> sqlx::Result<Option<HoldCode>> {
    let mut tx = pool.begin().await?;
    if !is_certainly_not_there(&mut tx, open).await? {
        return Ok(None);
    }
    let carried = rows(&mut *tx, open.id, open.month).await?;
    let tells_nothing = carried.iter().all(|row| row.waiting().amount.is_zero());
    if open.attempts > 0 && tells_nothing {
        // No sum shows whether it is there. Sent again under its name it costs nothing, wherever its hours are.
        return Ok(None);
    }
    let mut examination = lane.examination();
    let reason = carried.iter().find_map(|row| examination.hold(&row.waiting()));
    if let Some(code) = reason {
        let freed = free(&mut tx, selection, open).await?;
        give_on(&mut tx, selection.resource_id, &freed).await?;
        write_down(&mut tx, open.id, code, selection.now).await?;
    }
    tx.commit().await?;
    Ok(reason)
}

/// Locks the delivery where it was found. One that a person sends again although nobody knows what became of it may be there.
async fn is_certainly_not_there(tx: &mut PgConnection, open: &Open) -> sqlx::Result<bool> {
    let outcome: Option<Option<DeliveryState>> = sqlx::query_scalar(
        "select (select a.outcome from delivery_attempt a where a.delivery_id = d.id and a.kind in ('send', 'read-back')
                 order by a.at desc, a.attempt desc, a.kind limit 1)
         from delivery d where d.id = $1 and d.state = 'prepared' and d.attempts = $2 for update of d",
    )
    .bind(open.id)
    .bind(open.attempts)
    .fetch_optional(tx)
    .await?;
    Ok(outcome.is_some_and(|last| last != Some(DeliveryState::Unknown)))
}

async fn free(tx: &mut PgConnection, selection: Selection<'_>, open: &Open) -> sqlx::Result<Vec<Freed>> {
    let month = Month::of(open.month);
    sqlx::query_as(
        "update usage_record set delivery_id = null
         where resource_id = $1 and hour >= $2 and hour < $3 and delivery_id = $4
         returning meter_id, hour, delta, superseded",
    )
    .bind(selection.resource_id)
    .bind(month.start())
    .bind(month.end())
    .bind(open.id)
    .fetch_all(tx)
    .await
}

/// What was corrected meanwhile never went: the newest revision has to tell its part as well.
async fn give_on(tx: &mut PgConnection, resource_id: i64, freed: &[Freed]) -> sqlx::Result<()> {
    let corrected = freed.iter().filter(|row| row.superseded);
    let more: Vec<_> = corrected.map(|row| (row.meter_id, row.hour, row.delta)).collect();
    tell_more(tx, resource_id, &more).await
}

/// Its name goes back as well: the same records may travel under it one day.
async fn write_down(tx: &mut PgConnection, id: i64, code: HoldCode, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("delete from delivery_unit where delivery_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update delivery set state = 'withdrawn', tracking_id = tracking_id || ':withdrawn:' || id, settled_at = $2, detail = $3
         where id = $1",
    )
    .bind(id)
    .bind(now)
    .bind(format!("not in Kill Bill, and not to be sent any more: {}", code.sentence()))
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into delivery_attempt (delivery_id, attempt, kind, at, outcome, answer)
         select id, attempts, 'withdraw', $2, state, $3 from delivery where id = $1",
    )
    .bind(id)
    .bind(now)
    .bind(code)
    .execute(tx)
    .await?;
    Ok(())
}
