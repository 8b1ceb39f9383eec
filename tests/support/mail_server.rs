//! A real mail server in a process of its own (`mail_server.py`); it ends with its value.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub struct MailServer {
    pub port: u16,
    process: Child,
    folder: TempDir,
}

/// Its certificate, and the authority's, which is the same.
pub struct Identity {
    pub certificate: PathBuf,
    key: PathBuf,
    _folder: TempDir,
}

impl Identity {
    /// For `localhost`.
    pub fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        Self {
            certificate,
            key,
            _folder: folder,
        }
    }
}

impl MailServer {
    /// Open to everybody.
    pub fn start() -> Self {
        Self::with("none", &[])
    }

    /// With TLS, `starttls` or `tls`, for user `billing` and password `open sesame` alone.
    pub fn private(security: &str, identity: &Identity) -> Self {
        Self::with(security, &[&identity.certificate, &identity.key])
    }

    fn with(security: &str, files: &[&Path]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/mail_server.py");
        let mut process = Command::new("/usr/bin/python3")
            .arg(script)
            .arg(folder.path())
            .arg(security)
            .args(files)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is there");
        let mut line = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let port = line
            .trim()
            .parse()
            .expect("the mail server says its port (python3-aiosmtpd)");
        Self { port, process, folder }
    }

    /// The letters that it took over the line, the oldest first.
    pub fn letters(&self) -> Vec<Value> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        let read = |path: &PathBuf| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        paths.iter().map(read).collect()
    }

    /// `busy@` is not busy any more.
    pub fn be_idle(&self) {
        std::fs::write(self.folder.path().join("idle"), "").unwrap();
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
