//! Setting, changing and removing an override, each with its line in the history.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::price::PriceItem;

/// Who does it, and when.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    pub name: &'a str,
    pub now: DateTime<Utc>,
}

/// Sets a price for one service. `None` when that item has one there already.
///
/// # Errors
/// When the database fails.
pub async fn create(
    pool: &PgPool,
    author: Author<'_>,
    service_id: i64,
    item: &PriceItem,
    value: Decimal,
) -> sqlx::Result<Option<Uuid>> {
    let mut tx = pool.begin().await?;
    let uuid = Uuid::new_v4();
    let inserted = sqlx::query(
        "insert into price_override (uuid, service_id, item_uuid, item_type, key, units, currency, value,
                                     created_at, created_by, updated_at, updated_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10)
         on conflict on constraint price_override_item_key do nothing",
    )
    .bind(uuid)
    .bind(service_id)
    .bind(item.uuid)
    .bind(&item.item_type)
    .bind(&item.key)
    .bind(item.unit.as_deref().unwrap_or_default())
    .bind(&item.currency)
    .bind(value)
    .bind(author.now)
    .bind(author.name)
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(None);
    }
    record(&mut tx, author, uuid, None, Some(value)).await?;
    tx.commit().await?;
    Ok(Some(uuid))
}

/// Changes the price; the same value again changes nothing. `false` when there is no such override.
///
/// # Errors
/// When the database fails.
pub async fn update(pool: &PgPool, author: Author<'_>, uuid: Uuid, value: Decimal) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let Some(before) = locked(&mut tx, uuid).await? else {
        return Ok(false);
    };
    if before != value {
        sqlx::query("update price_override set value = $2, updated_at = $3, updated_by = $4 where uuid = $1")
            .bind(uuid)
            .bind(value)
            .bind(author.now)
            .bind(author.name)
            .execute(&mut *tx)
            .await?;
        record(&mut tx, author, uuid, Some(before), Some(value)).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Removes the price; its history stays. `false` when there is no such override.
///
/// # Errors
/// When the database fails.
pub async fn delete(pool: &PgPool, author: Author<'_>, uuid: Uuid) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let Some(before) = locked(&mut tx, uuid).await? else {
        return Ok(false);
    };
    record(&mut tx, author, uuid, Some(before), None).await?;
    sqlx::query("delete from price_override where uuid = $1")
        .bind(uuid)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

async fn locked(tx: &mut PgConnection, uuid: Uuid) -> sqlx::Result<Option<Decimal>> {
    sqlx::query_scalar("select value from price_override where uuid = $1 for update")
        .bind(uuid)
        .fetch_optional(tx)
        .await
}

async fn record(
    tx: &mut PgConnection,
    author: Author<'_>,
    uuid: Uuid,
    before: Option<Decimal>,
    after: Option<Decimal>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into price_override_change (override_uuid, service_id, item_uuid, before, after, at, by)
         select uuid, service_id, item_uuid, $2, $3, $4, $5 from price_override where uuid = $1",
    )
    .bind(uuid)
    .bind(before)
    .bind(after)
    .bind(author.now)
    .bind(author.name)
    .execute(tx)
    .await
    .map(drop)
}
