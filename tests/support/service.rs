//! The compiled program as an operator runs it: a process of its own with a configuration file, on a free port, in a
//! database of its own, in front of a real Kill Bill. What it does is seen through its API, its exit codes and its output.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use nodeconductor_billing::killbill::Connection;
use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::api::{Api, wait_until};

/// One installation: its configuration, and its process while it runs. Dropping it kills the process.
pub struct Service {
    pub staff: Api,
    pub pusher: Api,
    folder: TempDir,
    process: Option<Child>,
}

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Service {
    /// Makes an installation with a token of each kind that is needed here, made on the command line, and serves.
    pub async fn start(database: &str, killbill: &Connection) -> Self {
        Self::installed(database, killbill).started().await
    }

    /// The same with an installation whose configuration was changed.
    pub async fn started(mut self) -> Self {
        self.make_tokens();
        self.serve().await;
        self
    }

    /// Writes the configuration, no more.
    pub fn installed(database: &str, killbill: &Connection) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bind = free_address();
        let service = Self {
            staff: Api::new(&format!("http://{bind}"), ""),
            pusher: Api::new(&format!("http://{bind}"), ""),
            folder,
            process: None,
        };
        service.configure(&settings(&bind, database, killbill));
        service
    }

    /// Replaces the configuration file.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.configuration(), text).expect("the configuration can be written");
    }

    /// The configuration file's content.
    pub fn configured(&self) -> String {
        std::fs::read_to_string(self.configuration()).expect("the configuration can be read")
    }

    /// A place for what a test writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn make_tokens(&mut self) {
        let token = |role: &str| {
            let made = self.run(&["token", "create", "--name", role, "--role", role]);
            assert_eq!(made.code, Some(0), "{made:?}");
            made.stdout.lines().last().unwrap_or_default().to_owned()
        };
        let (staff, pusher) = (token("staff"), token("pusher"));
        self.staff = Api::new(&self.staff.url, &staff);
        self.pusher = Api::new(&self.pusher.url, &pusher);
    }

    /// Runs a command of the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let Output { status, stdout, stderr } = self.command(arguments).output().expect("the program starts");
        Outcome {
            code: status.code(),
            stdout: String::from_utf8(stdout).expect("text"),
            stderr: String::from_utf8(stderr).expect("text"),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nodeconductor-billing"));
        command.arg("--config").arg(self.configuration()).args(arguments);
        command.env_remove("DATABASE_URL").stdin(Stdio::null());
        command
    }

    /// Starts `serve` and returns when it is ready.
    pub async fn serve(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"));
        let log = log.expect("a log");
        let mut command = self.command(&["serve"]);
        command.stdout(log.try_clone().expect("a log")).stderr(log);
        self.process = Some(command.spawn().expect("the program starts"));
        let ready = Api::new(&self.staff.url, "");
        wait_until("the service is ready", async || {
            assert_eq!(self.exit_code(), None, "the service ended");
            matches!(
                ready.call(reqwest::Method::GET, "/health/ready", None).await,
                Ok((200, _))
            )
        })
        .await;
    }

    /// The exit code of `serve`, once it has ended; a process that a signal killed has 128.
    pub fn exit_code(&mut self) -> Option<i32> {
        let status = self.process.as_mut()?.try_wait().expect("our own process")?;
        Some(status.code().unwrap_or(128))
    }

    /// `kill -9`: no warning, nothing is finished.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("our own process");
        process.wait().expect("our own process");
    }

    /// SIGTERM, as a supervisor sends it.
    pub fn ask_to_stop(&self) {
        let id = self.process.as_ref().expect("it runs").id().to_string();
        assert!(
            Command::new("kill")
                .arg(id)
                .status()
                .is_ok_and(|status| status.success())
        );
    }

    /// The most memory that `serve` has had at once so far, in MiB.
    pub fn most_memory(&self) -> u64 {
        let id = self.process.as_ref().expect("it runs").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kilobytes.expect("a size").parse::<u64>().expect("a number") / 1024
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            println!(
                "The service's last words:\n{}",
                lines[lines.len().saturating_sub(25)..].join("\n")
            );
        }
        if let Some(process) = &mut self.process {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// Nobody else takes a port just given back, unless he asks for that very one.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").to_string()
}

/// Everything at once and every second: nothing here has hours to wait.
fn settings(bind: &str, database: &str, killbill: &Connection) -> String {
    let Connection {
        api_url,
        username,
        password,
        api_key,
        api_secret,
        request_timeout,
        ..
    } = killbill;
    format!(
        r#"[database]
url = "{database}"
max_connections = 10

[http]
bind = "{bind}"

[billing]
api_url = "{api_url}"
username = "{username}"
password = "{}"
api_key = "{api_key}"
api_secret = "{}"
currency = "USD"

[billing.openstack.invoice_meters]
cpu = ["CPU", "cpu", "hours"]
memory = ["Memory", "ram_gb", "GB/h"]
disk = ["Storage", "storage_gb", "GB/h"]
servers = ["Servers", "server_num", ""]
license_type = ["Sample license title", "license_type", "hours"]

# A whole month, whatever day the test runs on.
[usage]
ahead = "40d"

[delivery]
settle_after = "0s"
window = "1h"
every = "200ms"
request_timeout = "{}ms"
wait_out = "3s"

[log]
level = "warn,nodeconductor_billing::delivery=info"

[sync]
prices_every = "1s"
invoices_every = "1s"
reconcile_every = "1s"
"#,
        password.expose_secret(),
        api_secret.expose_secret(),
        request_timeout.min(&Duration::from_secs(2)).as_millis(),
    )
}
