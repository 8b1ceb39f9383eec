//! The price list as clients read it: the version in force, and the history of changes.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::price::{Change, PriceItem};

/// An item with the instant from which its version holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedItem {
    pub item: PriceItem,
    pub effective_from: DateTime<Utc>,
}

/// A change, when we saw it, and from when it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedChange {
    pub change: Change,
    pub at: DateTime<Utc>,
    pub effective_from: DateTime<Utc>,
}

/// Which items to list; what is absent does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceFilter {
    pub key: Option<String>,
    pub item_type: Option<String>,
    pub name: Option<String>,
    pub currency: Option<String>,
    /// The plans of a resource type (`Routing::plans_of`): the historical filter `resource_type`.
    pub plans: Option<Vec<String>>,
    /// How the plans' names begin, and plans besides (`Routing::plans_of_service`): the historical filter `service_type`.
    pub service: Option<(Vec<String>, Vec<String>)>,
}

/// One page of the price list in force, by name, and how many items match in all.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    pool: &PgPool,
    filter: &PriceFilter,
    limit: i64,
    offset: i64,
) -> sqlx::Result<(Vec<ListedItem>, i64)> {
    let Some(version) = super::version_in_force(pool, None).await? else {
        return Ok((Vec::new(), 0));
    };
    let (total,): (i64,) = filtered(COUNT, version, filter).fetch_one(pool).await?;
    let page = filtered(PAGE, version, filter)
        .bind(limit)
        .bind(offset)
        .fetch_all(pool)
        .await?;
    Ok((page, total))
}

/// An item of the price list in force.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_uuid(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<ListedItem>> {
    let Some(version) = super::version_in_force(pool, None).await? else {
        return Ok(None);
    };
    sqlx::query_as(
        "select price_item.*, catalog_version.effective_from
         from price_item join catalog_version on catalog_version.id = price_item.version_id
         where version_id = $1 and uuid = $2",
    )
    .bind(version)
    .bind(uuid)
    .fetch_optional(pool)
    .await
}

/// One page of the changes, the last seen first, and how many there are in all; of one item when it is named.
///
/// # Errors
/// When the database cannot be read.
pub async fn changes(
    pool: &PgPool,
    item: Option<Uuid>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<(Vec<ListedChange>, i64)> {
    let total = sqlx::query_scalar("select count(*) from price_change where $1::uuid is null or item_uuid = $1")
        .bind(item)
        .fetch_one(pool)
        .await?;
    let page = sqlx::query_as(
        "select * from price_change where $1::uuid is null or item_uuid = $1
         order by id desc limit $2 offset $3",
    )
    .bind(item)
    .bind(limit)
    .bind(offset)
    .fetch_all(pool)
    .await?;
    Ok((page, total))
}

macro_rules! matching {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from price_item join catalog_version on catalog_version.id = price_item.version_id
              where version_id = $1
                and ($2::text is null or key = $2)
                and ($3::text is null or item_type = $3)
                and ($4::text is null or name = $4)
                and ($5::text is null or currency = $5)
                and ($6::text[] is null or plan = any($6))
                and ($7::text[] is null or plan = any($8)
                     or exists (select from unnest($7::text[]) as beginning where starts_with(plan, beginning))) ",
            $rest
        )
    };
}
const COUNT: &str = matching!("count(*)", "");
const PAGE: &str = matching!(
    "price_item.*, catalog_version.effective_from",
    "order by name, plan, currency, price_item.id limit $9 offset $10"
);

type Query<'q, T> = sqlx::query::QueryAs<'q, sqlx::Postgres, T, sqlx::postgres::PgArguments>;

fn filtered<'q, T>(sql: &'static str, version: i64, filter: &'q PriceFilter) -> Query<'q, T>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    sqlx::query_as(sql)
        .bind(version)
        .bind(&filter.key)
        .bind(&filter.item_type)
        .bind(&filter.name)
        .bind(&filter.currency)
        .bind(&filter.plans)
        .bind(filter.service.as_ref().map(|(beginnings, _)| beginnings))
        .bind(filter.service.as_ref().map(|(_, named)| named))
}
