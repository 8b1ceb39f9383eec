//! API tokens (table `token`): who calls, in which role. Keys are stored hashed and shown once.

use crate::domain::words::words;
use chrono::{DateTime, Utc};
use rand::Rng;
use sha2::{Digest, Sha256};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

words! {
    /// What a token may do; the names are those of the command line.
    pub enum Role = "role" {
        /// Reads and writes everything.
        Staff = "staff",
        /// Reads everything.
        Support = "support",
        /// Registers customers and resources and pushes usage.
        Pusher = "pusher",
        /// Reads what belongs to its customers.
        Owner = "owner",
    }
}

/// A stored token, without its key.
#[derive(Clone, Debug, FromRow)]
pub struct Token {
    pub name: String,
    pub role: Role,
    /// The customers that an owner may see; empty for other roles.
    pub customers: Vec<Uuid>,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Why a token was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("a token named `{0}` exists already (revoked ones keep their name); choose another name")]
    NameTaken(String),
    #[error("an owner needs at least one customer, and only an owner has customers")]
    Customers,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Stores a new token and returns its key, 40 hex digits: the only time that anyone sees it.
///
/// # Errors
/// When the name is taken, when `customers` do not fit the role, or when the database fails.
pub async fn create(
    pool: &PgPool,
    now: DateTime<Utc>,
    name: &str,
    role: Role,
    customers: &[Uuid],
) -> Result<String, CreateError> {
    if customers.is_empty() == (role == Role::Owner) {
        return Err(CreateError::Customers);
    }
    let key = hex::encode(rand::rng().random::<[u8; 20]>());
    let inserted = sqlx::query(
        "insert into token (name, key_hash, role, customers, created_at) values ($1, $2, $3, $4, $5)
         on conflict on constraint token_name_key do nothing",
    )
    .bind(name)
    .bind(hash(&key))
    .bind(role)
    .bind(customers)
    .bind(now)
    .execute(pool)
    .await?;
    if inserted.rows_affected() == 1 {
        Ok(key)
    } else {
        Err(CreateError::NameTaken(name.to_owned()))
    }
}

/// All tokens by name, revoked ones too.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool) -> sqlx::Result<Vec<Token>> {
    sqlx::query_as("select name, role, customers, created_at, revoked_at from token order by name")
        .fetch_all(pool)
        .await
}

/// Ends a token at once. `false` when no live token has that name.
///
/// # Errors
/// When the database fails.
pub async fn revoke(pool: &PgPool, now: DateTime<Utc>, name: &str) -> sqlx::Result<bool> {
    let revoked = sqlx::query("update token set revoked_at = $2 where name = $1 and revoked_at is null")
        .bind(name)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(revoked.rows_affected() == 1)
}

/// The token with that key, even if it is revoked.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, key: &str) -> sqlx::Result<Option<Token>> {
    sqlx::query_as("select name, role, customers, created_at, revoked_at from token where key_hash = $1")
        .bind(hash(key))
        .fetch_optional(pool)
        .await
}

/// A digest of a random key; the index lookup by it leaks nothing about the key through its timing.
fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key).to_vec()
}
