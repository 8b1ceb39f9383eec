//! Writing what a sync read: a version with the same content is left alone, one with other content replaces the old row,
//! one that Kill Bill no longer has is withdrawn. Nothing is deleted: invoices were written by those prices.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use super::items_of;
use crate::domain::catalog::CatalogVersion;
use crate::domain::price::{Change, PriceItem, changes};

/// What a store did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Versions that are new or have new content.
    pub written: usize,
    /// Versions that are gone, or replaced by one of `written`.
    pub withdrawn: usize,
    pub changes: Vec<Change>,
    /// When the version in force began; none without a catalog.
    pub in_force: Option<DateTime<Utc>>,
}

#[derive(Clone, FromRow)]
struct Known {
    id: i64,
    effective_from: DateTime<Utc>,
    content_hash: Vec<u8>,
}

/// Makes the tables say what `versions` (all that Kill Bill has, oldest first) say. `killbill_now` decides which one is
/// in force: the latest that has begun, or the first one while none has. Belongs into a transaction of its own.
///
/// # Errors
/// When the database cannot be written; the caller's transaction is then void.
pub async fn store(
    conn: &mut PgConnection,
    versions: &[CatalogVersion],
    now: DateTime<Utc>,
    killbill_now: DateTime<Utc>,
) -> sqlx::Result<Stored> {
    // One replica at a time; readers are not held up.
    sqlx::raw_sql("lock table catalog_version in share row exclusive mode")
        .execute(&mut *conn)
        .await?;
    let mut live: Vec<Known> = sqlx::query_as(
        "select id, effective_from, content_hash from catalog_version where withdrawn_at is null order by effective_from",
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut stored = Stored::default();
    withdraw_missing(conn, versions, &mut live, &mut stored, now).await?;
    for version in versions {
        write(conn, version, &mut live, &mut stored, now).await?;
    }
    stored.in_force = mark_in_force(conn, killbill_now).await?;
    Ok(stored)
}

async fn withdraw_missing(
    conn: &mut PgConnection,
    versions: &[CatalogVersion],
    live: &mut Vec<Known>,
    stored: &mut Stored,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let is_there = |known: &Known| {
        versions
            .iter()
            .any(|version| version.effective_from == known.effective_from)
    };
    let (kept, gone): (Vec<Known>, Vec<Known>) = live.drain(..).partition(is_there);
    *live = kept;
    for known in gone {
        let fallback = items_before(conn, live, known.effective_from).await?;
        let found = changes(&items_of(&mut *conn, known.id).await?, &fallback);
        withdraw(conn, known.id, now).await?;
        record(conn, &found, known.effective_from, now).await?;
        stored.withdrawn += 1;
        stored.changes.extend(found);
    }
    Ok(())
}

async fn write(
    conn: &mut PgConnection,
    version: &CatalogVersion,
    live: &mut Vec<Known>,
    stored: &mut Stored,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let content_hash = digest(version)?;
    let same_date = live
        .iter()
        .position(|known| known.effective_from == version.effective_from);
    let before = match same_date.map(|index| live.remove(index)) {
        Some(known) if known.content_hash == content_hash => {
            live.push(known);
            return Ok(());
        }
        Some(known) => {
            withdraw(conn, known.id, now).await?;
            stored.withdrawn += 1;
            items_of(&mut *conn, known.id).await?
        }
        None => items_before(conn, live, version.effective_from).await?,
    };
    let id = insert(conn, version, &content_hash, now).await?;
    let found = changes(&before, &version.items);
    record(conn, &found, version.effective_from, now).await?;
    live.push(Known {
        id,
        effective_from: version.effective_from,
        content_hash,
    });
    stored.written += 1;
    stored.changes.extend(found);
    Ok(())
}

/// The XML and what we read in it: after an upgrade that reads it better, or with another divisor, it is stored anew.
fn digest(version: &CatalogVersion) -> sqlx::Result<Vec<u8>> {
    let items = serde_json::to_vec(&version.items).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    Ok(Sha256::new()
        .chain_update(&version.xml)
        .chain_update([0])
        .chain_update(items)
        .finalize()
        .to_vec())
}

/// The items of the latest version that began before `instant`.
async fn items_before(conn: &mut PgConnection, live: &[Known], instant: DateTime<Utc>) -> sqlx::Result<Vec<PriceItem>> {
    let earlier = live
        .iter()
        .filter(|known| known.effective_from < instant)
        .max_by_key(|known| known.effective_from);
    match earlier {
        Some(known) => items_of(conn, known.id).await,
        None => Ok(Vec::new()),
    }
}

async fn withdraw(conn: &mut PgConnection, id: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("update catalog_version set withdrawn_at = $2, in_force = false where id = $1")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await
        .map(drop)
}

async fn insert(
    conn: &mut PgConnection,
    version: &CatalogVersion,
    content_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let id: i64 = sqlx::query_scalar(
        "insert into catalog_version (catalog_name, effective_from, content_hash, xml, fetched_at)
         values ($1, $2, $3, $4, $5) returning id",
    )
    .bind(&version.name)
    .bind(version.effective_from)
    .bind(content_hash)
    .bind(&version.xml)
    .bind(now)
    .fetch_one(&mut *conn)
    .await?;
    // All items in one statement; the text of a decimal becomes a numeric digit by digit.
    sqlx::query(
        "insert into price_item (version_id, uuid, name, description, product, plan, usage_name, unit, item_type, key,
                                 currency, rule, hourly, monthly, tiers, tier_policy, recurring, for_existing)
         select $1, uuid, name, description, product, plan, usage_name, unit, item_type, key,
                currency, rule, hourly, monthly, tiers, tier_policy, recurring, for_existing
         from rows from (jsonb_to_recordset($2) as
              (uuid uuid, name text, description text, product text, plan text, usage_name text, unit text,
               item_type text, key text, currency text, rule text, hourly numeric, monthly numeric, tiers jsonb,
               tier_policy text, recurring numeric, for_existing timestamptz)) with ordinality
         order by ordinality",
    )
    .bind(id)
    .bind(Json(&version.items))
    .execute(conn)
    .await?;
    Ok(id)
}

async fn record(
    conn: &mut PgConnection,
    found: &[Change],
    effective_from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into price_change (item_uuid, name, currency, at, effective_from, kind, before, after)
         select item, name, currency, $1, $2, kind, before, after
         from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[])
              with ordinality as change (item, name, currency, kind, before, after, position)
         order by position",
    )
    .bind(now)
    .bind(effective_from)
    .bind(found.iter().map(|change| change.item).collect::<Vec<_>>())
    .bind(found.iter().map(|change| change.name.as_str()).collect::<Vec<_>>())
    .bind(found.iter().map(|change| change.currency.as_str()).collect::<Vec<_>>())
    .bind(found.iter().map(|change| change.kind).collect::<Vec<_>>())
    .bind(found.iter().map(|change| change.before).collect::<Vec<_>>())
    .bind(found.iter().map(|change| change.after).collect::<Vec<_>>())
    .execute(conn)
    .await
    .map(drop)
}

async fn mark_in_force(conn: &mut PgConnection, instant: DateTime<Utc>) -> sqlx::Result<Option<DateTime<Utc>>> {
    let chosen: Option<(i64, DateTime<Utc>)> = sqlx::query_as(
        "select id, effective_from from catalog_version where withdrawn_at is null
         order by (effective_from <= $1) desc,
                  case when effective_from <= $1 then effective_from end desc,
                  effective_from
         limit 1",
    )
    .bind(instant)
    .fetch_optional(&mut *conn)
    .await?;
    let Some((id, effective_from)) = chosen else {
        return Ok(None);
    };
    // Unmarked first: at no moment may two be marked.
    sqlx::query("update catalog_version set in_force = false where in_force and id <> $1")
        .bind(id)
        .execute(&mut *conn)
        .await?;
    sqlx::query("update catalog_version set in_force = true where id = $1 and not in_force")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(Some(effective_from))
}
