//! A backup of a test's database, and putting it back: every table as it was, and the counters too. What was written in
//! between is gone, as after a restore from a file.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use sqlx::{AssertSqlSafe, PgPool};

/// The tables of a database at one instant, kept beside them in a schema of its own.
pub struct Backup {
    pool: PgPool,
    tables: Vec<String>,
}

impl Backup {
    pub async fn of(pool: &PgPool) -> Self {
        let tables: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
             and not relispartition and relname <> '_sqlx_migrations' order by 1",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        let copies = tables
            .iter()
            .map(|table| format!("create table backup.{table} as table public.{table};"));
        run(pool, format!("create schema backup; {}", copies.collect::<String>())).await;
        Self {
            pool: pool.clone(),
            tables,
        }
    }

    pub async fn restore(&self) {
        let all = self.tables.join(", ");
        let back = self
            .tables
            .iter()
            .map(|table| format!("insert into {table} overriding system value table backup.{table};"));
        // Foreign keys in any order, as pg_restore loads them.
        run(
            &self.pool,
            format!(
                "begin; set local session_replication_role = replica; truncate {all}; {} commit;",
                back.collect::<String>()
            ),
        )
        .await;
        let counters: Vec<(String, String, String)> = sqlx::query_as(
            "select table_name::text, column_name::text, pg_get_serial_sequence(table_name, column_name)
             from information_schema.columns where table_schema = 'public' and is_identity = 'YES'",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        for (table, column, counter) in counters {
            let set = format!("select setval('{counter}', coalesce(max({column}), 0) + 1, false) from {table}");
            run(&self.pool, set).await;
        }
    }
}

/// Names come from the catalog alone.
async fn run(pool: &PgPool, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}
