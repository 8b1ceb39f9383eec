//! A backup as an operator makes it: PostgreSQL's own dump, and its restore into another database.

use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::ConnectOptions;
use tempfile::TempDir;

use crate::support::database::TestDatabase;

/// A dump in a file.
pub struct Dump(TempDir);

impl Dump {
    pub fn of(database: &TestDatabase) -> Self {
        let dump = Self(tempfile::tempdir().unwrap());
        let address = address(database);
        run("pg_dump", &["--format=custom", "--file", dump.file(), &address]);
        dump
    }

    /// The database as it was then, under another name. What is restored needs an empty one: PostgreSQL's own tools cannot
    /// take the parts of a partitioned table back one by one.
    pub async fn restored(&self) -> TestDatabase {
        let database = TestDatabase::fresh().await;
        for statement in ["drop schema public cascade", "create schema public"] {
            sqlx::query(statement).execute(&database.pool).await.unwrap();
        }
        let address = address(&database);
        let options = ["--no-owner", "--exit-on-error", "--dbname", &address, self.file()];
        run("pg_restore", &options);
        database
    }

    fn file(&self) -> &str {
        let path: &Path = Box::leak(self.0.path().join("ledger.dump").into_boxed_path());
        path.to_str().unwrap()
    }
}

/// Without what only our own client understands.
fn address(database: &TestDatabase) -> String {
    let mut url = database.options.to_url_lossy();
    url.set_query(None);
    url.to_string()
}

fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(installed(program))
        .args(arguments)
        .output()
        .expect("PostgreSQL's programs are installed");
    assert!(
        done.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// The newest version's, as `dev/services` runs; else whatever is in the path.
fn installed(program: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions
        .map(|version| version.path().join("bin").join(program))
        .filter(|path| path.exists());
    found.max().unwrap_or_else(|| PathBuf::from(program))
}
