//! Work outside the database that only one replica may do at a time. A turn is a lock of a session, not of a transaction,
//! so that the network may be waited for; it ends with its connection if its holder dies.

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgAdvisoryLock, PgAdvisoryLockGuard};
use sqlx::{Either, PgPool, Postgres};

/// It is this replica's turn.
pub type Turn = PgAdvisoryLockGuard<PoolConnection<Postgres>>;

/// The turn at this work; `None` while somebody else has it.
///
/// # Errors
/// When the database fails.
pub async fn take(pool: &PgPool, work: &str) -> sqlx::Result<Option<Turn>> {
    let lock = PgAdvisoryLock::new(work);
    let taken = lock.try_acquire(pool.acquire().await?).await?;
    Ok(match taken {
        Either::Left(turn) => Some(turn),
        Either::Right(_) => None,
    })
}

/// Ends it. One that is only dropped ends when its connection is used again.
///
/// # Errors
/// When the database fails.
pub async fn give_back(turn: Turn) -> sqlx::Result<()> {
    turn.release_now().await.map(drop)
}
