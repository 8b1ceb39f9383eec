//! A fresh, migrated database for one test, dropped when the test ends.
//!
//! `DATABASE_URL` names any database of the cluster, used only to create and drop others. The migrations run once
//! into a template named after their checksums; every test gets a copy of it (some 40 ms instead of some 200 ms).
//! A test binary reaches it with `mod support { pub mod database; }`.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::str::FromStr;

use nodeconductor_billing::db;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgPool};
use uuid::Uuid;

/// A test's own database. Keep it alive as long as the pool is used.
pub struct TestDatabase {
    pub pool: PgPool,
    /// How to connect to it, for a test that starts the whole program.
    pub options: PgConnectOptions,
    maintenance: PgConnectOptions,
}

impl TestDatabase {
    /// Creates a database with the schema of `migrations/` and nothing in it.
    ///
    /// # Panics
    /// When `DATABASE_URL` is missing or its server cannot be used: a test cannot go on then.
    pub async fn fresh() -> Self {
        let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names the test cluster; see dev/services");
        let maintenance = PgConnectOptions::from_str(&url).expect("DATABASE_URL is a PostgreSQL address");
        let mut connection = maintenance.connect().await.expect("the test cluster answers");
        let template = template(&mut connection, &maintenance).await;
        let name = format!("ncb_test_{}", Uuid::new_v4().simple());
        execute(&mut connection, format!("create database {name} template {template}")).await;
        connection.close().await.ok();
        let options = maintenance.clone().database(&name);
        let pool = db::connect(options.clone(), 5).await.expect("the new database answers");
        Self {
            pool,
            options,
            maintenance,
        }
    }
}

impl Drop for TestDatabase {
    /// Its own thread and runtime: the test's runtime may already be going down.
    fn drop(&mut self) {
        let name = self.options.get_database().expect("named in fresh()").to_owned();
        let maintenance = self.maintenance.clone();
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = maintenance.connect().await.map_err(std::io::Error::other)?;
                execute(&mut connection, format!("drop database if exists {name} with (force)")).await;
                Ok::<_, std::io::Error>(())
            })
        });
        dropping.join().ok();
    }
}

/// The name of the migrated template, made by whichever test process comes first.
async fn template(connection: &mut PgConnection, maintenance: &PgConnectOptions) -> String {
    let mut digest = Sha256::new();
    db::MIGRATOR
        .iter()
        .for_each(|migration| digest.update(&migration.checksum));
    let name = format!("ncb_template_{}", &hex::encode(digest.finalize())[..16]);
    execute(connection, "select pg_advisory_lock(7318804)".to_owned()).await;
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(&name)
        .fetch_one(&mut *connection)
        .await
        .expect("the catalog can be read");
    if !exists {
        make_template(connection, maintenance, &name).await;
    }
    execute(connection, "select pg_advisory_unlock(7318804)".to_owned()).await;
    name
}

/// Renamed only when it is complete, so that an interrupted run leaves no half template behind.
async fn make_template(connection: &mut PgConnection, maintenance: &PgConnectOptions, name: &str) {
    let draft = format!("{name}_draft");
    execute(connection, format!("drop database if exists {draft} with (force)")).await;
    execute(connection, format!("create database {draft}")).await;
    let mut fresh = maintenance
        .clone()
        .database(&draft)
        .connect()
        .await
        .expect("the template answers");
    db::MIGRATOR.run(&mut fresh).await.expect("the migrations apply");
    fresh.close().await.ok();
    execute(connection, format!("alter database {draft} rename to {name}")).await;
}

/// Names are made here from hex digits only, so the text is safe.
async fn execute(connection: &mut PgConnection, sql: String) {
    let failure = format!("failed: {sql}");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .expect(&failure);
}
