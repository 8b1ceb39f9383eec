//! PostgreSQL: one file per table family. SQL lives here and nowhere else, with its why.
//! Transactions are short and never span a network call.

pub mod accounts;
mod ahead;
pub mod approvals;
pub mod audit;
mod backends;
pub mod backlog;
pub mod customers;
pub mod deliveries;
pub mod discrepancies;
pub mod documents;
pub mod estimates;
pub mod evidence;
pub mod gaps;
pub mod holds;
pub mod invoices;
pub mod issuers;
pub mod jobs;
mod lease;
pub mod mails;
pub mod obstacles;
pub mod outbox;
pub mod overrides;
mod pools;
pub mod prices;
pub mod reach;
pub mod recover;
pub mod reports;
pub mod resources;
pub mod routes;
pub mod search;
pub mod services;
pub mod sessions;
pub mod settings;
pub mod settlements;
pub mod subscriptions;
pub mod timelines;
pub mod tokens;
pub mod turns;
pub mod usage;
pub mod users;
pub mod window;
mod words;

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;

pub use backends::Backends;
pub use pools::{Patience, Pools, connect};

/// The migrations of `migrations/`, compiled in.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// A transaction on the service's database.
pub type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// Whether every migration of this build is applied.
///
/// # Errors
/// When the database cannot be reached.
pub async fn is_migrated(pool: &PgPool) -> sqlx::Result<bool> {
    let exists: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(pool)
        .await?;
    if !exists {
        return Ok(false);
    }
    let applied: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
        .fetch_all(pool)
        .await?;
    Ok(MIGRATOR.iter().all(|migration| applied.contains(&migration.version)))
}

/// Applies the migrations that are missing, on a connection of its own: they take as long as they take.
///
/// # Errors
/// When the database fails, or an applied migration is not the one of this build.
pub async fn migrate(options: &PgConnectOptions) -> Result<(), MigrateError> {
    let pool = connect(options.clone(), 1).await?;
    ahead::indexes(&pool).await?;
    MIGRATOR.run(&pool).await?;
    pool.close().await;
    Ok(())
}
