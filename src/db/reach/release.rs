//! A person lets hours go in spite of their distance. Nothing is deleted: who did it and why stays.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::recount::{Touched, recount};
use crate::db::window::Window;

/// What a person says.
#[derive(Clone, Debug)]
pub struct NewRelease {
    pub resource: Uuid,
    /// None = all meters of the resource.
    pub meter: Option<String>,
    /// Half-open.
    pub hours: (DateTime<Utc>, DateTime<Utc>),
    pub reason: String,
    pub by: String,
}

/// Hours that were let go.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Release {
    pub uuid: Uuid,
    pub resource_uuid: Uuid,
    pub resource_name: String,
    pub meter: Option<String>,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    /// How many records it let go at once.
    pub records: i64,
    pub reason: String,
    pub released_by: String,
    pub released_at: DateTime<Utc>,
}

/// Why nothing was let go.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    #[error("no such resource")]
    UnknownResource,
    #[error("the resource has no such meter")]
    UnknownMeter,
    #[error("none of these hours is held for its distance")]
    NothingHeld,
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

const RELEASES: &str = "
    select l.uuid, r.uuid as resource_uuid, r.name as resource_name, m.name as meter, l.starts, l.ends, l.records, l.reason,
           l.released_by, l.released_at
    from hour_release l join resource r on r.id = l.resource_id left join meter m on m.id = l.meter_id";

/// Lets the held hours go: they are treated like any other from now on, and so are later corrections of them.
///
/// # Errors
/// See [`ReleaseError`]; nothing is stored then.
pub async fn release(pool: &PgPool, new: &NewRelease, now: DateTime<Utc>) -> Result<Release, ReleaseError> {
    let mut tx = pool.begin().await?;
    let resource: Option<i64> = sqlx::query_scalar("select id from resource where uuid = $1")
        .bind(new.resource)
        .fetch_optional(&mut *tx)
        .await?;
    let resource = resource.ok_or(ReleaseError::UnknownResource)?;
    let meter = match &new.meter {
        None => None,
        Some(name) => Some(meter(&mut tx, name).await?.ok_or(ReleaseError::UnknownMeter)?),
    };
    let freed = free(&mut tx, (resource, meter), new.hours).await?;
    if freed.is_empty() {
        return Err(ReleaseError::NothingHeld);
    }
    recount(&mut tx, freed.iter()).await?;
    let records = i64::try_from(freed.len()).unwrap_or(i64::MAX);
    let uuid = insert(&mut tx, new, (resource, meter), records, now).await?;
    let query = format!("{RELEASES} where l.uuid = $1");
    let stored = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(uuid);
    let stored = stored.fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(stored)
}

async fn meter(tx: &mut PgConnection, name: &str) -> sqlx::Result<Option<i16>> {
    let query = sqlx::query_scalar("select id from meter where name = $1").bind(name);
    query.fetch_optional(tx).await
}

async fn free(
    tx: &mut PgConnection,
    (resource, meter): (i64, Option<i16>),
    (starts, ends): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<Vec<Touched>> {
    sqlx::query_as(
        "with held as (
             select resource_id, meter_id, hour, revision from usage_record u
             where u.resource_id = $1 and ($2::smallint is null or u.meter_id = $2) and u.hour >= $3 and u.hour < $4
               and u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold in ('ahead', 'too-old')
             order by resource_id, meter_id, hour, revision for update
         )
         update usage_record u set hold = null from held h
         where u.resource_id = h.resource_id and u.meter_id = h.meter_id and u.hour = h.hour and u.revision = h.revision
         returning u.resource_id, u.meter_id, u.hour",
    )
    .bind(resource)
    .bind(meter)
    .bind(starts)
    .bind(ends)
    .fetch_all(tx)
    .await
}

async fn insert(
    tx: &mut PgConnection,
    new: &NewRelease,
    (resource, meter): (i64, Option<i16>),
    records: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Uuid> {
    sqlx::query_scalar(
        "insert into hour_release (uuid, resource_id, meter_id, starts, ends, records, reason, released_by, released_at)
         values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8) returning uuid",
    )
    .bind(resource)
    .bind(meter)
    .bind(new.hours.0)
    .bind(new.hours.1)
    .bind(records)
    .bind(&new.reason)
    .bind(&new.by)
    .bind(now)
    .fetch_one(tx)
    .await
}

/// One page of what was let go, the latest first; and how much there is.
///
/// # Errors
/// When the database fails.
pub async fn releases(pool: &PgPool, window: Window) -> sqlx::Result<(Vec<Release>, i64)> {
    let total = sqlx::query_scalar("select count(*) from hour_release")
        .fetch_one(pool)
        .await?;
    let query = format!("{RELEASES} order by l.released_at desc, l.id desc limit $1 offset $2");
    let page = sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(window.limit)
        .bind(window.offset);
    Ok((page.fetch_all(pool).await?, total))
}
