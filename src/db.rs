//! PostgreSQL: one file per table family. SQL lives here and nowhere else, with its why.
//! Transactions are short and never span a network call.

pub mod accounts;
pub mod approvals;
pub mod audit;
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

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// The migrations of `migrations/`, compiled in.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// A transaction on the service's database.
pub type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// Connects with at most `max_connections`; every session speaks UTC, and none compiles its
/// queries to machine code: that takes seconds for the large ones and never pays here.
///
/// # Errors
/// When the database cannot be reached or refuses the login.
pub async fn connect(options: PgConnectOptions, max_connections: u32) -> sqlx::Result<PgPool> {
    let options = options
        .application_name("nodeconductor-billing")
        .options([("timezone", "UTC"), ("jit", "off")]);
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(std::time::Duration::from_secs(10))
        .connect_with(options)
        .await
}

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
