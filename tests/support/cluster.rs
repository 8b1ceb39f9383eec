//! A PostgreSQL and a Kill Bill of a test's own that may be killed and come back with the same data on the same ports:
//! what `dev/services` starts in a folder of its own.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::process::Command;

use tempfile::TempDir;
use url::Url;

/// Dropping it stops both and removes their data.
pub struct Cluster(TempDir);

impl Cluster {
    /// Takes some 15 s, most of them Kill Bill's.
    pub fn start() -> Self {
        let cluster = Self(tempfile::tempdir().expect("a folder"));
        cluster.act(&["up"]);
        cluster
    }

    /// `dev/services ARGUMENTS`, which returns when it is done.
    pub fn act(&self, arguments: &[&str]) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/dev/services");
        let done = Command::new(script)
            .args(arguments)
            .env("SERVICES_DIR", self.0.path())
            .env("KILLBILL_STORE", "postgres")
            .output()
            .expect("the script starts");
        assert!(
            done.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    /// A database of the cluster.
    pub fn database(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port("postgres"))
    }

    pub fn killbill(&self) -> Url {
        let port = self.port("killbill");
        format!("http://127.0.0.1:{port}/1.0/kb/").parse().expect("an address")
    }

    fn port(&self, name: &str) -> String {
        let noted = std::fs::read_to_string(self.0.path().join(format!("{name}.port")));
        noted.expect("a running service").trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.act(&["down", "--wipe"]);
    }
}
