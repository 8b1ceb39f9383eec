//! Who is signed in to the admin pages (table `admin_session`), for the library that minds the cookie. Its lifetimes go by the
//! wall's clock, which the browser shares, and not by the one that may be moved for billing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use uuid::Uuid;

/// The sessions of a database.
#[derive(Clone, Debug)]
pub struct Sessions(pub PgPool);

/// A session as people see it.
#[derive(Clone, Debug, FromRow)]
pub struct Opened {
    pub uuid: Uuid,
    pub name: String,
    pub since: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub address: Option<String>,
    pub agent: String,
}

type Data = std::collections::HashMap<String, serde_json::Value>;

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // What has expired goes when somebody comes.
        let swept = sqlx::query("delete from admin_session where expires_at < now()");
        swept.execute(&self.0).await.map_err(failed)?;
        loop {
            let created = sqlx::query(
                "insert into admin_session (key, data, expires_at) values ($1, $2, $3) on conflict (key) do nothing",
            )
            .bind(key(&record.id))
            .bind(Json(&record.data))
            .bind(instant(record.expiry_date))
            .execute(&self.0)
            .await
            .map_err(failed)?;
            if created.rows_affected() == 1 {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    /// Never makes one: a session that was ended meanwhile stays ended.
    async fn save(&self, record: &Record) -> Result<()> {
        sqlx::query("update admin_session set data = $2, expires_at = $3, seen_at = now() where key = $1")
            .bind(key(&record.id))
            .bind(Json(&record.data))
            .bind(instant(record.expiry_date))
            .execute(&self.0)
            .await
            .map(|_| ())
            .map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found: Option<(Json<Data>, DateTime<Utc>)> =
            sqlx::query_as("select data, expires_at from admin_session where key = $1 and expires_at > now()")
                .bind(key(id))
                .fetch_optional(&self.0)
                .await
                .map_err(failed)?;
        Ok(found.map(|(Json(data), expires_at)| Record {
            id: *id,
            data,
            expiry_date: OffsetDateTime::from_unix_timestamp(expires_at.timestamp())
                .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query("delete from admin_session where key = $1")
            .bind(key(id))
            .execute(&self.0)
            .await
            .map(|_| ())
            .map_err(failed)
    }
}

/// The open sessions, of one person or of everybody; the last seen first.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, name: Option<&str>) -> sqlx::Result<Vec<Opened>> {
    sqlx::query_as(
        "select uuid, data -> 'person' ->> 'name' as name, (data -> 'person' ->> 'since')::timestamptz as since, seen_at,
                data -> 'person' ->> 'address' as address, coalesce(data -> 'person' ->> 'agent', '') as agent
           from admin_session
          where expires_at > now() and data ? 'person' and ($1::text is null or data -> 'person' ->> 'name' = $1)
          order by seen_at desc limit 200",
    )
    .bind(name)
    .fetch_all(pool)
    .await
}

/// Ends sessions of one person: one of them, or all. How many there were.
///
/// # Errors
/// When the database fails.
pub async fn end(pool: &PgPool, name: &str, one: Option<Uuid>) -> sqlx::Result<u64> {
    let ended = sqlx::query(
        "delete from admin_session where data -> 'person' ->> 'name' = $1 and ($2::uuid is null or uuid = $2)",
    )
    .bind(name)
    .bind(one)
    .execute(pool)
    .await?;
    Ok(ended.rows_affected())
}

/// Ends all sessions of one person but this one.
///
/// # Errors
/// When the database fails.
pub async fn end_others(pool: &PgPool, name: &str, kept: Option<Id>) -> sqlx::Result<()> {
    sqlx::query("delete from admin_session where data -> 'person' ->> 'name' = $1 and key is distinct from $2")
        .bind(name)
        .bind(kept.map(|id| key(&id)))
        .execute(pool)
        .await
        .map(|_| ())
}

fn key(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_le_bytes()).to_vec()
}

fn instant(at: OffsetDateTime) -> DateTime<Utc> {
    DateTime::from_timestamp(at.unix_timestamp(), 0).unwrap_or(DateTime::UNIX_EPOCH)
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn failed(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}
