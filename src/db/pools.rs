//! Connections by kind of work: jobs, reads and pushes each have their own, so that none of them can take those of another.
//! Each kind says how long a statement, a lock and an idle transaction may take.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::backends::Backends;

/// How long a caller waits for a connection of its kind.
const WAIT: Duration = Duration::from_secs(10);

/// How long one statement may take, and a wait for a lock within it.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub statement: Duration,
    pub lock: Duration,
}

impl Patience {
    /// Nothing here thinks or calls for long while a transaction is open.
    const IDLE_IN_TRANSACTION: Duration = Duration::from_mins(1);

    fn of(self, options: PgConnectOptions) -> PgConnectOptions {
        let millis = |time: Duration| time.as_millis().to_string();
        options.options([
            ("statement_timeout", millis(self.statement)),
            ("lock_timeout", millis(self.lock)),
            ("idle_in_transaction_session_timeout", millis(Self::IDLE_IN_TRANSACTION)),
        ])
    }
}

/// The pools of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pools {
    pub jobs: PgPool,
    pub reads: PgPool,
    /// Pushed usage and registrations, and whether the service is well.
    pub pushes: PgPool,
    /// What works for the requests of the latter two.
    pub backends: Backends,
}

impl Pools {
    /// Connects with at most `most` connections: a quarter each for jobs and pushes, and what is left for reads. With fewer than
    /// four all share them.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses the login.
    pub async fn connect(
        options: &PgConnectOptions,
        most: u32,
        jobs: Patience,
        requests: Patience,
    ) -> sqlx::Result<Self> {
        let backends = Backends::new(one_connection(options));
        let quarter = most / 4;
        if quarter == 0 {
            let shared = pool(most).connect_with(session(jobs.of(options.clone()))).await?;
            return Ok(Self {
                jobs: shared.clone(),
                reads: shared.clone(),
                pushes: shared,
                backends,
            });
        }
        let lazy = |share| {
            let options = session(requests.of(options.clone()));
            backends.watch(pool(share)).connect_lazy_with(options)
        };
        Ok(Self {
            jobs: pool(quarter).connect_with(session(jobs.of(options.clone()))).await?,
            reads: lazy(most - 2 * quarter),
            pushes: lazy(quarter),
            backends,
        })
    }
}

/// Connects with at most `max_connections` and without any bound on time: for what a person waits for at a terminal, and for
/// migrations.
///
/// # Errors
/// When the database cannot be reached or refuses the login.
pub async fn connect(options: PgConnectOptions, max_connections: u32) -> sqlx::Result<PgPool> {
    pool(max_connections).connect_with(session(options)).await
}

fn pool(most: u32) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(most).acquire_timeout(WAIT)
}

fn one_connection(options: &PgConnectOptions) -> PgPool {
    pool(1).connect_lazy_with(session(options.clone()))
}

/// Every session speaks UTC, and none compiles its queries to machine code: that takes seconds for the large ones and never
/// pays here.
fn session(options: PgConnectOptions) -> PgConnectOptions {
    options
        .application_name("nodeconductor-billing")
        .options([("timezone", "UTC"), ("jit", "off")])
}
