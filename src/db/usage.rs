//! The ledger: hourly usage, partitioned by month, one row per revision of a record.

mod export;
mod extent;
mod key;
mod partition;
mod push;
mod read;
mod revise;
mod states;
mod sums;

use std::collections::HashMap;

use sqlx::PgPool;

pub(in crate::db) use key::{NaturalKey, columns};

pub use export::{Batch, ExportKey, batch};
pub use extent::{Extent, extent};
pub use partition::ensure_months;
pub use push::{Pushed, ResourceFacts, record};
pub use read::{RecordFilter, RecordRow, list, revisions};

/// Makes sure that every configured meter has its key, and returns all of them.
///
/// # Errors
/// When the database fails.
pub async fn meters(pool: &PgPool, names: &[String]) -> sqlx::Result<HashMap<String, i16>> {
    sqlx::query("insert into meter (name) select unnest($1::text[]) on conflict (name) do nothing")
        .bind(names)
        .execute(pool)
        .await?;
    let rows: Vec<(String, i16)> = sqlx::query_as("select name, id from meter where name = any($1)")
        .bind(names)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().collect())
}
