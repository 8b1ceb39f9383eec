//! Gaps that somebody declared intentional. Nothing is deleted: a declaration that was wrong is withdrawn.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::window::Window;

/// What a person says.
#[derive(Clone, Debug)]
pub struct NewDeclaration {
    pub resource: Uuid,
    /// None = all meters of the resource.
    pub meter: Option<String>,
    pub starts: DateTime<Utc>,
    /// None = until usage comes again.
    pub ends: Option<DateTime<Utc>>,
    pub reason: String,
    pub by: String,
}

/// A declaration as it stands.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Declaration {
    pub uuid: Uuid,
    pub resource_uuid: Uuid,
    pub resource_name: String,
    pub customer_uuid: Option<Uuid>,
    pub meter: Option<String>,
    pub starts: DateTime<Utc>,
    pub ends: Option<DateTime<Utc>>,
    pub reason: String,
    pub declared_by: String,
    pub declared_at: DateTime<Utc>,
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// Why nothing was declared.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    #[error("no such resource")]
    UnknownResource,
    #[error("the resource has no such meter")]
    UnknownMeter,
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

const DECLARATIONS: &str = "
    select g.uuid, r.uuid as resource_uuid, r.name as resource_name, c.uuid as customer_uuid, m.name as meter, g.starts, g.ends,
           g.reason, g.declared_by, g.declared_at, g.withdrawn_at
    from declared_gap g
    join resource r on r.id = g.resource_id
    left join customer c on c.id = r.customer_id
    left join meter m on m.id = g.meter_id
    where true";

/// Writes a declaration down. The same one again is the one that is there.
///
/// # Errors
/// See [`DeclareError`].
pub async fn declare(pool: &PgPool, new: &NewDeclaration, now: DateTime<Utc>) -> Result<Declaration, DeclareError> {
    let resource: Option<i64> = sqlx::query_scalar("select id from resource where uuid = $1")
        .bind(new.resource)
        .fetch_optional(pool)
        .await?;
    let resource_id = resource.ok_or(DeclareError::UnknownResource)?;
    let meter_id = match &new.meter {
        None => None,
        Some(name) => Some(
            meter(pool, resource_id, name)
                .await?
                .ok_or(DeclareError::UnknownMeter)?,
        ),
    };
    let known: Option<Uuid> = sqlx::query_scalar(
        "select uuid from declared_gap
         where resource_id = $1 and meter_id is not distinct from $2 and starts = $3 and ends is not distinct from $4
           and reason = $5 and withdrawn_at is null",
    )
    .bind(resource_id)
    .bind(meter_id)
    .bind(new.starts)
    .bind(new.ends)
    .bind(&new.reason)
    .fetch_optional(pool)
    .await?;
    let uuid = match known {
        Some(uuid) => uuid,
        None => insert(pool, new, resource_id, meter_id, now).await?,
    };
    Ok(find(pool, uuid).await?.ok_or(sqlx::Error::RowNotFound)?)
}

async fn meter(pool: &PgPool, resource_id: i64, name: &str) -> sqlx::Result<Option<i16>> {
    sqlx::query_scalar(
        "select m.id from meter m join route o on o.meter_id = m.id where o.resource_id = $1 and m.name = $2",
    )
    .bind(resource_id)
    .bind(name)
    .fetch_optional(pool)
    .await
}

async fn insert(
    pool: &PgPool,
    new: &NewDeclaration,
    resource_id: i64,
    meter_id: Option<i16>,
    now: DateTime<Utc>,
) -> sqlx::Result<Uuid> {
    sqlx::query_scalar(
        "insert into declared_gap (uuid, resource_id, meter_id, starts, ends, reason, declared_by, declared_at)
         values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7) returning uuid",
    )
    .bind(resource_id)
    .bind(meter_id)
    .bind(new.starts)
    .bind(new.ends)
    .bind(&new.reason)
    .bind(&new.by)
    .bind(now)
    .fetch_one(pool)
    .await
}

async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<Declaration>> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!("{DECLARATIONS} and g.uuid = $1")))
        .bind(uuid)
        .fetch_optional(pool)
        .await
}

/// Takes a declaration back: its hours are missing again. None when there is no such declaration.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(pool: &PgPool, uuid: Uuid, now: DateTime<Utc>) -> sqlx::Result<Option<Declaration>> {
    sqlx::query("update declared_gap set withdrawn_at = $2 where uuid = $1 and withdrawn_at is null")
        .bind(uuid)
        .bind(now)
        .execute(pool)
        .await?;
    find(pool, uuid).await
}

/// One page of the declarations of these customers (none = all), the latest first; and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn declarations(
    pool: &PgPool,
    visible: Option<&[Uuid]>,
    window: Window,
) -> sqlx::Result<(Vec<Declaration>, i64)> {
    let visible = visible.map(<[Uuid]>::to_vec);
    let seen = format!("{DECLARATIONS} and ($1::uuid[] is null or c.uuid = any($1))");
    let total = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from ({seen}) counted")))
        .bind(&visible)
        .fetch_one(pool)
        .await?;
    let page = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{seen} order by g.declared_at desc, g.id desc limit $2 offset $3"
    )))
    .bind(&visible)
    .bind(window.limit)
    .bind(window.offset)
    .fetch_all(pool)
    .await?;
    Ok((page, total))
}
