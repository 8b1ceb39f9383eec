//! Overrides with Kill Bill's own price of the same item beside them.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::db::prices::version_in_force;
use crate::db::window::Window;

/// An override. What Kill Bill charges is `None` when its catalog no longer has the item.
#[derive(Clone, Debug, FromRow)]
pub struct OverrideRow {
    pub uuid: Uuid,
    pub service_uuid: Uuid,
    pub service_name: String,
    pub customer_uuid: Uuid,
    pub item_uuid: Uuid,
    pub item_type: String,
    pub key: String,
    pub units: String,
    pub currency: String,
    /// By the hour.
    pub value: Decimal,
    pub billed_value: Option<Decimal>,
    pub name: Option<String>,
    pub plan: Option<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

/// Which overrides a list shows.
#[derive(Clone, Debug, Default)]
pub struct OverrideFilter {
    /// Only of these customers; `None` is all.
    pub visible: Option<Vec<Uuid>>,
    pub service: Option<Uuid>,
    /// The same again: both hold.
    pub service_uuid: Option<Uuid>,
    pub customer: Option<Uuid>,
    pub key: Option<String>,
    pub item_type: Option<String>,
}

/// A line of the history.
#[derive(Clone, Debug, FromRow)]
pub struct ChangeRow {
    pub override_uuid: Uuid,
    pub service_uuid: Uuid,
    pub item_uuid: Uuid,
    pub before: Option<Decimal>,
    pub after: Option<Decimal>,
    pub at: DateTime<Utc>,
    pub by: String,
}

macro_rules! overrides {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from price_override o
              join service s on s.id = o.service_id
              join customer c on c.id = s.customer_id
              left join price_item p on p.uuid = o.item_uuid and p.version_id = $2
             where ($1::uuid[] is null or c.uuid = any($1)) ",
            $rest
        )
    };
}

macro_rules! columns {
    ($rest:literal) => {
        overrides!(
            "o.uuid, s.uuid as service_uuid, s.name as service_name, c.uuid as customer_uuid, o.item_uuid, o.item_type, o.key,
             o.units, o.currency, o.value, p.hourly as billed_value, p.name, p.plan, o.created_at, o.created_by,
             o.updated_at, o.updated_by",
            $rest
        )
    };
}

/// One page, by service and item, and how many match in all.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &OverrideFilter, window: Window) -> sqlx::Result<(Vec<OverrideRow>, i64)> {
    const COUNT: &str = overrides!(
        "count(*)",
        "and ($3::uuid is null or s.uuid = $3) and ($4::text is null or o.key = $4)
         and ($5::text is null or o.item_type = $5) and ($6::uuid is null or s.uuid = $6)
         and ($7::uuid is null or c.uuid = $7)"
    );
    const PAGE: &str = columns!(
        "and ($3::uuid is null or s.uuid = $3) and ($4::text is null or o.key = $4)
         and ($5::text is null or o.item_type = $5) and ($6::uuid is null or s.uuid = $6)
         and ($7::uuid is null or c.uuid = $7)
         order by s.name, o.item_type, o.key, o.id limit $8 offset $9"
    );
    macro_rules! bound {
        ($query:expr, $version:expr) => {
            $query
                .bind(&filter.visible)
                .bind($version)
                .bind(filter.service)
                .bind(&filter.key)
                .bind(&filter.item_type)
                .bind(filter.service_uuid)
                .bind(filter.customer)
        };
    }
    let version = version_in_force(pool, None).await?;
    let total = bound!(sqlx::query_scalar(COUNT), version).fetch_one(pool).await?;
    let page = bound!(sqlx::query_as(PAGE), version)
        .bind(window.limit)
        .bind(window.offset);
    Ok((page.fetch_all(pool).await?, total))
}

/// One override, if it is one of a customer in `visible` (`None` = all).
///
/// # Errors
/// When the database fails.
pub async fn by_uuid(pool: &PgPool, uuid: Uuid, visible: Option<&[Uuid]>) -> sqlx::Result<Option<OverrideRow>> {
    let version = version_in_force(pool, None).await?;
    sqlx::query_as(columns!("and o.uuid = $3"))
        .bind(visible)
        .bind(version)
        .bind(uuid)
        .fetch_optional(pool)
        .await
}

/// Those of one service, if it is one of a customer in `visible`: to be laid over the price list.
///
/// # Errors
/// When the database fails.
pub async fn of_service(pool: &PgPool, service: Uuid, visible: Option<&[Uuid]>) -> sqlx::Result<Vec<OverrideRow>> {
    let version = version_in_force(pool, None).await?;
    sqlx::query_as(columns!("and s.uuid = $3 order by o.id"))
        .bind(visible)
        .bind(version)
        .bind(service)
        .fetch_all(pool)
        .await
}

/// One page of the history, the latest first, and how many lines there are in all.
///
/// # Errors
/// When the database fails.
pub async fn changes(pool: &PgPool, filter: &OverrideFilter, window: Window) -> sqlx::Result<(Vec<ChangeRow>, i64)> {
    macro_rules! history {
        ($columns:literal, $rest:literal) => {
            concat!(
                "select ",
                $columns,
                " from price_override_change h join service s on s.id = h.service_id join customer c on c.id = s.customer_id
                  where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or s.uuid = $2) ",
                $rest
            )
        };
    }
    let total = sqlx::query_scalar(history!("count(*)", ""))
        .bind(&filter.visible)
        .bind(filter.service)
        .fetch_one(pool)
        .await?;
    let page = sqlx::query_as(history!(
        "h.override_uuid, s.uuid as service_uuid, h.item_uuid, h.before, h.after, h.at, h.by",
        "order by h.id desc limit $3 offset $4"
    ));
    let page = page
        .bind(&filter.visible)
        .bind(filter.service)
        .bind(window.limit)
        .bind(window.offset);
    Ok((page.fetch_all(pool).await?, total))
}
