//! Looks at all open hours by the clocks of this moment.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, PgPool};

use super::recount::{Touched, recount};
use crate::db::usage::{NaturalKey, columns, ensure_months};
use crate::domain::hold::HoldCode;
use crate::domain::month::Month;
use crate::domain::reach::Reach;

/// What a look changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    pub held: usize,
    pub freed: usize,
}

/// Whether an open hour is held for its distance, or lies outside of what our own clock allows. Only then it matters what
/// Kill Bill's clock says. Months that lie in reach are not even opened.
///
/// # Errors
/// When the database fails.
pub async fn is_doubtful(pool: &PgPool, own: Reach) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from usage_record u where u.delivery_id is null and u.settlement_line_id is null
                        and not u.superseded and u.hold in ('ahead', 'too-old'))
             or exists (select from usage_record u where u.delivery_id is null and not u.superseded and u.hold is null
                        and (u.hour > $1 or u.hour < $2) and not is_released(u.resource_id, u.meter_id, u.hour))",
    )
    .bind(own.newest)
    .bind(own.oldest)
    .fetch_one(pool)
    .await
}

/// Frees what has come within reach. An hour is too old by the clocks of when it came in: waiting makes none older.
const FREE: &str = "
    with due as (
        select resource_id, meter_id, hour, revision from usage_record u
        where u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold in ('ahead', 'too-old')
          and (u.hold = 'ahead' and u.hour <= $1 or u.hold = 'too-old' and u.hour >= u.recorded_at - $2)
        order by resource_id, meter_id, hour, revision for update
    )
    update usage_record u set hold = null from due d
    where u.resource_id = d.resource_id and u.meter_id = d.meter_id and u.hour = d.hour and u.revision = d.revision
    returning u.resource_id, u.meter_id, u.hour";

/// Holds what is out of reach and was taken for near: the clocks were others, or an older version of this service took it.
/// What Kill Bill was told of an hour may be taken back at any time.
const HOLD: &str = "
    with far as (
        select resource_id, meter_id, hour, revision, case when u.hour > $1 then 'ahead' else 'too-old' end as code
        from usage_record u
        where u.delivery_id is null and not u.superseded and u.hold is null and u.delta = u.quantity
          and (u.hour > $1 or u.hour < $3) and (u.hour > $1 or u.hour < u.recorded_at - $2)
          and not is_released(u.resource_id, u.meter_id, u.hour)
        order by resource_id, meter_id, hour, revision for update
    )
    update usage_record u set hold = f.code from far f
    where u.resource_id = f.resource_id and u.meter_id = f.meter_id and u.hour = f.hour and u.revision = f.revision
    returning u.resource_id, u.meter_id, u.hour";

/// Holds and frees open hours by what `reach` is now, for which our clock shows `now`.
///
/// # Errors
/// When the database fails.
pub async fn judge(pool: &PgPool, reach: Reach, now: DateTime<Utc>) -> sqlx::Result<Judged> {
    let mut tx = pool.begin().await?;
    let age = now - reach.oldest;
    let held = changed(&mut tx, HOLD, reach, age).await?;
    let freed = changed(&mut tx, FREE, reach, age).await?;
    recount(&mut tx, held.iter().chain(&freed)).await?;
    tx.commit().await?;
    let months = freed.iter().map(|(_, _, hour)| Month::containing(*hour)).collect();
    ensure_months(pool, &months).await?;
    Ok(Judged {
        held: held.len(),
        freed: freed.len(),
    })
}

async fn changed(
    tx: &mut PgConnection,
    statement: &'static str,
    reach: Reach,
    age: TimeDelta,
) -> sqlx::Result<Vec<Touched>> {
    let query = sqlx::query_as(statement).bind(reach.newest).bind(age);
    query.bind(reach.oldest).fetch_all(tx).await
}

/// The holds of hours that are about to be written, in the order of `keys`: those that nobody let go keep their code.
pub(in crate::db) async fn far_codes(
    tx: &mut PgConnection,
    keys: &[(NaturalKey, HoldCode)],
) -> sqlx::Result<Vec<Option<HoldCode>>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let (resources, meters, hours) = columns(keys.iter().map(|(key, _)| *key));
    let released: Vec<bool> = sqlx::query_scalar(
        "select is_released(r, m, h) from unnest($1::bigint[], $2::smallint[], $3::timestamptz[]) with ordinality as k (r, m, h, n)
         order by n",
    )
    .bind(resources)
    .bind(meters)
    .bind(hours)
    .fetch_all(tx)
    .await?;
    let codes = keys.iter().zip(released);
    Ok(codes
        .map(|((_, code), released)| (!released).then_some(*code))
        .collect())
}
