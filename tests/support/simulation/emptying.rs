//! How the database is emptied between two seeds: rows go and counters begin anew; the tables stay as they are, so that
//! nothing has to be planned again.

use std::sync::atomic::{AtomicU32, Ordering};

use nodeconductor_billing::db;
use sqlx::PgPool;

use crate::support::database::TestDatabase;

/// After so many seeds the room of their rows is given back, which nobody else does when `autovacuum` is off.
const SEEDS_TO_A_VACUUM: u32 = 100;

/// A function, for its statements are planned once a session.
const FUNCTION: &str = "do $make$ declare body text; begin
    select string_agg(statement, '; ') into body from (
        select format('delete from %I', relname) as statement from pg_class
        where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
          and relname <> '_sqlx_migrations'
        union all
        select format('perform setval(%L, 1, false)', oid::regclass) from pg_class
        where relkind = 'S' and relnamespace = 'public'::regnamespace
    ) statements;
    execute format('create function empty_everything() returns void language plpgsql as %L', 'begin ' || body || '; end');
end $make$";

pub struct Emptying {
    /// One session of its own.
    pool: PgPool,
    seeds: AtomicU32,
}

impl Emptying {
    pub async fn of(database: &TestDatabase) -> Self {
        let pool = db::connect(database.options.clone(), 1)
            .await
            .expect("our own database");
        let emptying = Self {
            pool,
            seeds: AtomicU32::default(),
        };
        emptying.execute(FUNCTION).await;
        emptying
    }

    pub async fn empty(&self) {
        // Nobody asks the foreign keys; said each time, because a pool's session lasts for half an hour.
        self.execute("set session_replication_role = replica; select empty_everything()")
            .await;
        if self.seeds.fetch_add(1, Ordering::Relaxed) % SEEDS_TO_A_VACUUM == SEEDS_TO_A_VACUUM - 1 {
            self.execute("vacuum").await;
        }
    }

    async fn execute(&self, statement: &'static str) {
        let done = sqlx::raw_sql(statement).execute(&self.pool).await;
        done.expect("our own database");
    }
}
