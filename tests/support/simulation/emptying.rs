//! How the database is emptied between two seeds: rows go and counters begin anew; the tables stay as they are, so that
//! nothing has to be planned again.

use std::sync::atomic::{AtomicU32, Ordering};

use nodeconductor_billing::db;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::database::TestDatabase;

/// After so many seeds the room of their rows is given back, which nobody else does when `autovacuum` is off.
const SEEDS_TO_A_VACUUM: u32 = 100;

pub struct Emptying {
    /// One session of its own, because it forgets its plans each time.
    pool: PgPool,
    statements: String,
    seeds: AtomicU32,
}

impl Emptying {
    pub async fn of(database: &TestDatabase) -> Self {
        let pool = db::connect(database.options.clone(), 1)
            .await
            .expect("our own database");
        let statements: Vec<String> = sqlx::query_scalar(
            "select format('delete from %I', relname) from pg_class
             where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
               and relname <> '_sqlx_migrations'
             union all
             select format('select setval(%L, 1, false)', oid::regclass) from pg_class
             where relkind = 'S' and relnamespace = 'public'::regnamespace",
        )
        .fetch_all(&pool)
        .await
        .expect("the catalog can be read");
        Self {
            pool,
            // Without asking the foreign keys.
            statements: format!("set session_replication_role = replica; {}", statements.join("; ")),
            seeds: AtomicU32::default(),
        }
    }

    pub async fn empty(&self) {
        self.execute(self.statements.clone()).await;
        if self.seeds.fetch_add(1, Ordering::Relaxed) % SEEDS_TO_A_VACUUM == SEEDS_TO_A_VACUUM - 1 {
            self.execute("vacuum".to_owned()).await;
        }
    }

    async fn execute(&self, statements: String) {
        sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(&self.pool)
            .await
            .expect("our own database");
    }
}
