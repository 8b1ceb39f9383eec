//! A real Kill Bill for tests: the shared one named by `KILLBILL_URL`, or a node of one's own for tests that move the clock.
//! A test binary reaches it with `mod support { pub mod killbill_server; }`.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nodeconductor_billing::killbill::{Connection, KillBill};
use url::Url;
use uuid::Uuid;

/// The server that all tests share. Its clock is everyone's: take the time from `clock().now()` and never move it.
#[allow(dead_code, reason = "not every test binary uses both servers")]
pub fn shared_url() -> Url {
    let url = std::env::var("KILLBILL_URL").expect("KILLBILL_URL names the test server; see dev/services");
    url.parse().expect("KILLBILL_URL is an address")
}

/// A node whose clock belongs to the test that started it. Everything is in memory; dropping it stops it.
pub struct OwnServer {
    pub api_url: Url,
    process: Child,
}

impl OwnServer {
    /// Starts a node on a free port and returns when it answers, after some 8 s. `options` are JVM options such as `-Dname=value`.
    #[allow(dead_code, reason = "not every test binary uses both servers")]
    pub fn start(options: &str) -> Self {
        let mut process = Command::new(run_script())
            .arg("0")
            .env("KILLBILL_JAVA_OPTS", options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the script starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let api_url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_once(" listens on ").map(|(_, url)| url.trim().to_owned()))
            .and_then(|url| url.parse().ok());
        let Some(api_url) = api_url else {
            let status = process.wait();
            panic!("Kill Bill did not start: {status:?}");
        };
        // A full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { api_url, process }
    }

    /// The same beside other tests, with its clock set.
    pub async fn at(instant: &str, options: &'static str) -> Self {
        let server = tokio::task::spawn_blocking(|| Self::start(options)).await.unwrap();
        let kb = KillBill::new(&fresh_tenant(&server.api_url).await).unwrap();
        kb.clock().set(instant.parse().unwrap()).await.unwrap();
        server
    }
}

impl Drop for OwnServer {
    /// SIGTERM rather than SIGKILL, so that the node removes its scratch files.
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.process.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            self.process.kill().ok();
        }
        self.process.wait().ok();
    }
}

fn run_script() -> PathBuf {
    std::env::var_os("NCB_KILLBILL_RUN").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/dev/killbill/run")),
        PathBuf::from,
    )
}

/// The connection of a new, empty tenant.
pub async fn fresh_tenant(api_url: &Url) -> Connection {
    let connection = connection(api_url, &format!("key-{}", Uuid::new_v4()), "a secret of tests");
    let client = KillBill::new(&connection).expect("a usable connection");
    let created = client
        .tenants()
        .create(&connection.api_key, &connection.api_secret)
        .await;
    created.expect("the test server makes a tenant");
    connection
}

/// A connection as the test server's only user.
pub fn connection(api_url: &Url, api_key: &str, api_secret: &str) -> Connection {
    Connection {
        api_url: api_url.clone(),
        username: "admin".to_owned(),
        password: "password".into(),
        api_key: api_key.to_owned(),
        api_secret: api_secret.into(),
        ca: vec![],
        request_timeout: Duration::from_mins(1),
    }
}

/// Whether the tenant's usage stands on one item of a line (`AGGREGATE`) or on one for each tier (`DETAIL`).
pub async fn set_mode(kb: &KillBill, mode: &str) {
    let name = "org.killbill.invoice.item.result.behavior.mode".to_owned();
    let config = BTreeMap::from([(name, mode.to_owned())]);
    kb.tenants().set_config(&config).await.unwrap();
}

/// A service blocks the billing of an account, a bundle or a subscription (`accounts`, …) from an instant on, or no more.
pub async fn block(connection: &Connection, (level, id): (&str, uuid::Uuid), blocks: bool, at: &str) {
    let url = connection.api_url.join(&format!("{level}/{id}/block")).unwrap();
    let kind = match level {
        "accounts" => "ACCOUNT",
        "bundles" => "SUBSCRIPTION_BUNDLE",
        _ => "SUBSCRIPTION",
    };
    let body = serde_json::json!({"stateName": if blocks { "PAUSE" } else { "GO" }, "service": "ops", "isBlockBilling": blocks,
                                  "isBlockEntitlement": false, "isBlockChange": false, "type": kind});
    let answer = raw(connection, url)
        .query(&[("requestedDate", at)])
        .json(&body)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}

/// A POST that our client has no word for.
#[allow(dead_code, reason = "only some test binaries speak to Kill Bill past the client")]
pub fn raw(connection: &Connection, url: Url) -> reqwest::RequestBuilder {
    use secrecy::ExposeSecret;
    let request = reqwest::Client::new().post(url);
    let request = request.basic_auth(&connection.username, Some(connection.password.expose_secret()));
    request
        .header("X-Killbill-ApiKey", &connection.api_key)
        .header("X-Killbill-ApiSecret", connection.api_secret.expose_secret())
        .header("X-Killbill-CreatedBy", "a test")
}
