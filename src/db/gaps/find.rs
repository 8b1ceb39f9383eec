//! Keeps table `missing_hours`. Reading three months of ten thousand resources takes a minute, so a pass reads whole only a
//! slice of the resources, in turn, and those with a record inside a gap that is known. Of all others it looks at the last
//! hour alone, one probe of the primary key each: that is where gaps begin while somebody meters.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::db::reach::{believed, consumed};

/// Where a pass looks.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// The end of the latest hour that is complete and settled.
    pub until: DateTime<Utc>,
    /// Resources that are read whole in this pass.
    pub slice: i64,
    pub now: DateTime<Utc>,
}

/// Brings the table up to date; returns how many gaps there are.
///
/// # Errors
/// When the database fails; nothing is written then.
pub async fn refresh(pool: &PgPool, scan: Scan) -> sqlx::Result<i64> {
    let mut tx = pool.begin().await?;
    // One at a time: two passes would delete each other's findings.
    sqlx::query("select pg_advisory_xact_lock(hashtext('missing_hours'))")
        .execute(&mut *tx)
        .await?;
    let whole: Vec<i64> = sqlx::query_scalar(WHOLE)
        .bind(scan.slice)
        .bind(scan.now)
        .fetch_all(&mut *tx)
        .await?;
    sqlx::query(
        "delete from missing_hours m using resource r where r.id = m.resource_id and r.terminated_at is not null",
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query(FORGET)
        .bind(&whole)
        .bind(scan.until)
        .execute(&mut *tx)
        .await?;
    for sql in [INSIDE, TRAILING] {
        sqlx::query(sql)
            .bind(&whole)
            .bind(scan.until)
            .bind(scan.now)
            .persistent(false)
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(END_DECLARATIONS).execute(&mut *tx).await?;
    let gaps = sqlx::query_scalar("select count(*) from missing_hours")
        .fetch_one(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(gaps)
}

/// What is no gap any more: there is a record in it, or nothing was consumed before it (a wrong hour was corrected to zero).
macro_rules! is_over {
    () => {
        concat!(
            "exists (select from usage_record u where u.resource_id = m.resource_id and u.meter_id = m.meter_id
                     and u.hour >= m.starts and u.hour < m.ends and ",
            believed!(),
            ") or not exists (select from usage_record u where u.resource_id = m.resource_id and u.meter_id = m.meter_id
                              and u.hour < m.starts and ",
            consumed!(),
            ")"
        )
    };
}

/// The next slice in turn, and whatever has a known gap that is over.
const WHOLE: &str = concat!(
    "with touched as (
        select distinct m.resource_id as id from missing_hours m where ",
    is_over!(),
    "), slice as (
        select r.id from resource r
        where r.terminated_at is null and exists (select from route o where o.resource_id = r.id)
        order by r.hours_checked_at nulls first, r.id limit $1
    )
    update resource r set hours_checked_at = $2
    where r.terminated_at is null and (r.id in (select id from touched) or r.id in (select id from slice))
    returning r.id"
);

/// The gaps that are over, and those that are not yet by the clock.
const FORGET: &str = concat!(
    "delete from missing_hours m where m.resource_id = any($1) and (m.ends > $2 or ",
    is_over!(),
    ")"
);

/// All gaps of the resources that are read whole, from the first hour that consumed up to the latest complete one.
const INSIDE: &str = concat!(
    "with hours as (
        select u.resource_id, u.meter_id, u.hour, u.quantity,
               lead(u.hour) over (partition by u.resource_id, u.meter_id order by u.hour) as next,
               min(u.hour) filter (where u.quantity > 0) over (partition by u.resource_id, u.meter_id) as first
        from usage_record u
        where u.resource_id = any($1) and u.hour < $2 and ",
    believed!(),
    ")
    insert into missing_hours (resource_id, meter_id, starts, ends, quantity, found_at, seen_at)
    select resource_id, meter_id, hour + interval '1 hour', coalesce(next, $2), quantity, $3, $3
    from hours where hour >= first and coalesce(next, $2) > hour + interval '1 hour'
    on conflict (resource_id, meter_id, starts) do update
    set ends = excluded.ends, quantity = excluded.quantity, seen_at = excluded.seen_at"
);

/// Of every other meter: the gap after its last hour, if there is one.
const TRAILING: &str = concat!(
    "insert into missing_hours (resource_id, meter_id, starts, ends, quantity, found_at, seen_at)
    select o.resource_id, o.meter_id, l.hour + interval '1 hour', $2, l.quantity, $3, $3
    from route o
    join resource r on r.id = o.resource_id and r.terminated_at is null and r.id <> all($1)
    cross join lateral (
        select u.hour, u.quantity from usage_record u
        where u.resource_id = o.resource_id and u.meter_id = o.meter_id and u.hour < $2 and ",
    believed!(),
    "   order by u.hour desc limit 1
    ) l
    where l.hour + interval '1 hour' < $2
      and exists (select from usage_record u where u.resource_id = o.resource_id and u.meter_id = o.meter_id and u.hour <= l.hour and ",
    consumed!(),
    ")
    on conflict (resource_id, meter_id, starts) do update
    set ends = excluded.ends, quantity = excluded.quantity, seen_at = excluded.seen_at"
);

/// A declaration without an end ends with the first hour that consumed after it began.
const END_DECLARATIONS: &str = concat!(
    "update declared_gap g set ends = u.hour
    from (select g.id, min(u.hour) as hour
          from declared_gap g
          join usage_record u on u.resource_id = g.resource_id and (g.meter_id is null or u.meter_id = g.meter_id)
           and u.hour > g.starts and ",
    consumed!(),
    "     where g.ends is null and g.withdrawn_at is null
          group by g.id) u
    where u.id = g.id"
);

/// When something was consumed last.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Latest {
    /// Resources with usage that are not terminated.
    pub resources: i64,
    /// When the latest hour that consumes, of any meter, came in, by our clock: a test, a demo or a restored server meters
    /// other months.
    pub recorded_at: Option<DateTime<Utc>>,
}

/// Looks at the last hour of each meter that says that something was consumed.
///
/// # Errors
/// When the database fails.
pub async fn latest(pool: &PgPool) -> sqlx::Result<Latest> {
    sqlx::query_as(concat!(
        "select count(distinct o.resource_id) as resources, max(u.recorded_at) as recorded_at
         from route o
         join resource r on r.id = o.resource_id and r.terminated_at is null
         cross join lateral (
             select u.recorded_at from usage_record u
             where u.resource_id = o.resource_id and u.meter_id = o.meter_id and ",
        consumed!(),
        "    order by u.hour desc limit 1
         ) u",
    ))
    .fetch_one(pool)
    .await
}
