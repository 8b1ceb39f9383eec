//! The people of the admin pages (table `admin_user`): who they are, and how often a password was wrong. What a password has
//! to be and how it is kept is `domain::password`'s.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, PgPool};

use super::tokens::Role;

/// Wrong passwords in a row, after which none is looked at for a while.
const MOST_FAILURES: i32 = 5;
/// For so long.
const LOCKED_FOR: TimeDelta = TimeDelta::minutes(15);

/// Somebody who may sign in, or could once.
#[derive(Clone, Debug, FromRow)]
pub struct User {
    pub name: String,
    pub role: Role,
    pub password_hash: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// No password is looked at before.
    pub locked_until: Option<DateTime<Utc>>,
    pub signed_in_at: Option<DateTime<Utc>>,
}

macro_rules! users {
    ($rest:literal) => {
        concat!(
            "select name, role, password_hash, created_at, revoked_at, locked_until, signed_in_at from admin_user ",
            $rest
        )
    };
}

/// Whether a password may be tried.
#[derive(Debug)]
pub enum Try {
    /// This one may; it counts as wrong until [`signed_in`].
    Allowed(User),
    /// After too many wrong ones, until then.
    Locked(DateTime<Utc>),
    /// There is nobody of that name, or no longer.
    Nobody,
}

/// Adds a person. `false` when the name is taken (also by somebody who was revoked: the trail knows people by their names).
///
/// # Errors
/// When the database fails.
pub async fn create(pool: &PgPool, now: DateTime<Utc>, name: &str, role: Role, hash: &str) -> sqlx::Result<bool> {
    let inserted = sqlx::query(
        "insert into admin_user (name, role, password_hash, created_at) values ($1, $2, $3, $4)
         on conflict on constraint admin_user_name_key do nothing",
    )
    .bind(name)
    .bind(role)
    .bind(hash)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Everybody by name, the revoked ones too.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool) -> sqlx::Result<Vec<User>> {
    sqlx::query_as(users!("order by name")).fetch_all(pool).await
}

/// Who has that name and may sign in.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, name: &str) -> sqlx::Result<Option<User>> {
    sqlx::query_as(users!("where name = $1 and revoked_at is null"))
        .bind(name)
        .fetch_optional(pool)
        .await
}

/// Lets nobody of that name in any more. `false` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn revoke(pool: &PgPool, now: DateTime<Utc>, name: &str) -> sqlx::Result<bool> {
    let revoked = sqlx::query("update admin_user set revoked_at = $2 where name = $1 and revoked_at is null")
        .bind(name)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(revoked.rows_affected() == 1)
}

/// A new password, which also ends a lock. `false` when there is nobody of that name.
///
/// # Errors
/// When the database fails.
pub async fn set_password(pool: &PgPool, name: &str, hash: &str) -> sqlx::Result<bool> {
    let changed = sqlx::query(
        "update admin_user set password_hash = $2, failures = 0, locked_until = null
          where name = $1 and revoked_at is null",
    )
    .bind(name)
    .bind(hash)
    .execute(pool)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Counts a try before the password is looked at: tries at the same time count one by one. The one that is one too many locks
/// the name.
///
/// # Errors
/// When the database fails.
pub async fn begin_try(pool: &PgPool, now: DateTime<Utc>, name: &str) -> sqlx::Result<Try> {
    let counted = sqlx::query(
        "update admin_user
            set failures = case when failures >= $3 then 1 else failures + 1 end,
                locked_until = case when failures + 1 = $3 then $4 end
          where name = $1 and revoked_at is null and (locked_until is null or locked_until <= $2)",
    )
    .bind(name)
    .bind(now)
    .bind(MOST_FAILURES)
    .bind(now + LOCKED_FOR)
    .execute(pool)
    .await?;
    let user = find(pool, name).await?;
    Ok(match user {
        None => Try::Nobody,
        Some(user) if counted.rows_affected() == 1 => Try::Allowed(user),
        Some(user) => Try::Locked(user.locked_until.unwrap_or(now)),
    })
}

/// The password was right.
///
/// # Errors
/// When the database fails.
pub async fn signed_in(pool: &PgPool, now: DateTime<Utc>, name: &str) -> sqlx::Result<()> {
    sqlx::query("update admin_user set failures = 0, locked_until = null, signed_in_at = $2 where name = $1")
        .bind(name)
        .bind(now)
        .execute(pool)
        .await
        .map(|_| ())
}
