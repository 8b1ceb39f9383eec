//! The price list: catalog versions as they were read, their items, and what changed from one to the next.
//!
//! `store` writes what a sync read, `list` reads it for the API and the pages, `book` keeps the version in force at hand
//! for routing.

pub mod book;
mod list;
mod rows;
mod store;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};

use crate::domain::price::PriceItem;

pub use book::PriceBook;
pub use list::{ListedChange, ListedItem, PriceFilter, by_uuid, changes, list};
pub use store::{Stored, store};

/// The items of all currencies in the version in force: the one marked by the last sync, or, for an instant, the latest
/// that had begun by then. Our own clock has no say in it: Kill Bill's may be months away.
///
/// # Errors
/// When the database cannot be read.
pub async fn current_items(pool: &PgPool, at: Option<DateTime<Utc>>) -> sqlx::Result<Vec<PriceItem>> {
    match version_in_force(pool, at).await? {
        Some(version) => items_of(pool, version).await,
        None => Ok(Vec::new()),
    }
}

/// The id of that version; its items never change, so the id alone tells whether the price list did.
///
/// # Errors
/// When the database cannot be read.
pub async fn version_in_force(executor: impl PgExecutor<'_>, at: Option<DateTime<Utc>>) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "select id from catalog_version
         where withdrawn_at is null and ($1::timestamptz is null or effective_from <= $1)
         order by ($1::timestamptz is null and in_force) desc, effective_from desc
         limit 1",
    )
    .bind(at)
    .fetch_optional(executor)
    .await
}

/// The items of one version, in the order of the catalog.
pub(crate) async fn items_of(executor: impl PgExecutor<'_>, version: i64) -> sqlx::Result<Vec<PriceItem>> {
    sqlx::query_as("select * from price_item where version_id = $1 order by id")
        .bind(version)
        .fetch_all(executor)
        .await
}
