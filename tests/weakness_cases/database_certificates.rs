//! The line to PostgreSQL by `sslmode`: a server of the test's own, with a certificate that was made for it just now.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use nodeconductor_billing::db;
use sqlx::{Connection, PgConnection, PgPool};
use tempfile::TempDir;

/// A PostgreSQL that `dev/services` starts for this test alone. Dropping it stops it.
struct Database {
    folder: TempDir,
    port: String,
}

impl Database {
    /// It has no certificate yet.
    fn start() -> Self {
        let mut database = Self {
            folder: tempfile::tempdir().unwrap(),
            port: String::new(),
        };
        database.act("postgres-start");
        database.port = database.noted("postgres.port");
        database
    }

    fn act(&self, action: &str) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/dev/services");
        let done = Command::new(script)
            .args(action.split(' '))
            .env("SERVICES_DIR", self.folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn noted(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        text.trim().to_owned()
    }

    /// Gives it a certificate for this name; the authority is the certificate itself.
    async fn certify(&self, name: &str) -> PathBuf {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let data = self.noted("postgres.data");
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        for (file, content) in [("server.crt", &certificate), ("server.key", &key)] {
            private(&Path::new(&data).join(file), content, Path::new(&data));
        }
        let mut connection = PgConnection::connect(&self.url("localhost", "sslmode=disable"))
            .await
            .unwrap();
        for statement in ["alter system set ssl = on", "select pg_reload_conf()"] {
            sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        }
        let authority = self.folder.path().join(format!("{name}.pem"));
        std::fs::write(&authority, certificate).unwrap();
        authority
    }

    fn url(&self, host: &str, options: &str) -> String {
        format!("postgres://postgres@{host}:{}/postgres?{options}", self.port)
    }

    /// Connects as the service does. Whether the line is encrypted, or why there is none.
    async fn is_encrypted(&self, host: &str, options: &str) -> Result<bool, String> {
        let url = self.url(host, options).parse().unwrap();
        let pool: PgPool = db::connect(url, 1).await.map_err(|error| error.to_string())?;
        let encrypted = sqlx::query_scalar("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
        encrypted.fetch_one(&pool).await.map_err(|error| error.to_string())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.act("down --wipe");
    }
}

/// As PostgreSQL asks for: its own, and nobody else's to read.
fn private(file: &Path, content: &str, data: &Path) {
    std::fs::write(file, content).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let owner = data.metadata().unwrap();
    chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
}

fn full(authority: &Path) -> String {
    format!("sslmode=verify-full&sslrootcert={}", authority.display())
}

#[tokio::test]
async fn w28_a_database_is_trusted_by_its_certificate_and_name_when_the_address_asks_for_it() {
    let database = Database::start();
    let plain = database.is_encrypted("localhost", "sslmode=require").await.unwrap_err();
    assert!(plain.contains("does not support TLS"), "{plain}");
    assert_eq!(
        database.is_encrypted("localhost", "").await,
        Ok(false),
        "prefer takes what there is"
    );

    let own = database.certify("localhost").await;
    assert_eq!(database.is_encrypted("localhost", &full(&own)).await, Ok(true));
    assert_eq!(database.is_encrypted("localhost", "sslmode=require").await, Ok(true));
    assert_eq!(database.is_encrypted("localhost", "").await, Ok(true), "prefer");

    let other_name = database.is_encrypted("127.0.0.1", &full(&own)).await.unwrap_err();
    assert!(other_name.contains("certificate"), "{other_name}");
    let authority_alone = full(&own).replace("verify-full", "verify-ca");
    assert_eq!(database.is_encrypted("127.0.0.1", &authority_alone).await, Ok(true));
    let unknown = database
        .is_encrypted("localhost", "sslmode=verify-full")
        .await
        .unwrap_err();
    assert!(unknown.contains("certificate"), "{unknown}");

    database.certify("database.example.com").await;
    for mode in ["verify-full", "verify-ca"] {
        let options = full(&own).replace("verify-full", mode);
        let replaced = database.is_encrypted("localhost", &options).await.unwrap_err();
        assert!(replaced.contains("certificate"), "{mode}: {replaced}");
    }
}
