//! The little of Kill Bill's own API that the demo needs: a tenant, a catalogue and the test clock.

use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::{Client, RequestBuilder};
use serde::{Deserialize, Serialize};

/// How long Kill Bill may take to work off what a moved clock makes due.
const PATIENCE: Duration = Duration::from_mins(2);

/// A tenant of a Kill Bill in test mode.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KillBill {
    /// Ends with `/1.0/kb/`.
    pub url: String,
    pub key: String,
    pub secret: String,
}

impl KillBill {
    /// Creates the tenant.
    pub async fn create_tenant(&self) -> anyhow::Result<()> {
        let body = serde_json::json!({"apiKey": self.key, "apiSecret": self.secret}).to_string();
        self.send(
            self.post("tenants")?
                .header("Content-Type", "application/json")
                .body(body),
        )
        .await
    }

    /// Uploads a catalogue version.
    pub async fn upload_catalog(&self, xml: &'static str) -> anyhow::Result<()> {
        self.send(self.post("catalog/xml")?.header("Content-Type", "text/xml").body(xml))
            .await
    }

    /// Moves the clock of the whole server and waits until everything that became due is done.
    pub async fn move_clock(&self, to: DateTime<Utc>) -> anyhow::Result<()> {
        let date = to.to_rfc3339_opts(SecondsFormat::Millis, true);
        self.send(self.post(&format!("test/clock?requestedDate={date}&timeoutSec=60"))?)
            .await?;
        self.send(self.signed(client()?.get(self.address("test/queues?timeoutSec=60"))))
            .await
    }

    fn post(&self, path: &str) -> anyhow::Result<RequestBuilder> {
        Ok(self.signed(client()?.post(self.address(path))))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .basic_auth("admin", Some("password"))
            .header("X-Killbill-ApiKey", &self.key)
            .header("X-Killbill-ApiSecret", &self.secret)
            .header("X-Killbill-CreatedBy", "nodeconductor-billing demo")
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<()> {
        let answer = request.send().await.context("Kill Bill does not answer")?;
        let (status, url) = (answer.status(), answer.url().clone());
        ensure!(
            status.is_success(),
            "Kill Bill: {status} at {url}: {}",
            answer.text().await?
        );
        Ok(())
    }
}

fn client() -> reqwest::Result<Client> {
    Client::builder().timeout(PATIENCE).build()
}
