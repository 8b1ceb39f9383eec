//! The service's REST API as any client sees it.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use flate2::{Compression, write::GzEncoder};
use reqwest::{Client, Method, Response, header};
use rust_decimal::Decimal;
use serde_json::Value;

/// One service and one token.
pub struct Api {
    client: Client,
    url: String,
    token: String,
}

impl Api {
    /// `url` has no slash at its end.
    pub fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(Duration::from_mins(2)).build()?;
        Ok(Self {
            client,
            url: url.to_owned(),
            token: token.to_owned(),
        })
    }

    /// Waits until the service says that it is ready.
    pub async fn wait_until_ready(&self, patience: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self
                .client
                .get(format!("{}/health/ready", self.url))
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        bail!("the service is not ready after {patience:?}")
    }

    /// The JSON at `path`, which begins with `/api/`.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.request(Method::GET, path, None).await?.json().await?)
    }

    /// A list with all its pages.
    pub async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        for page in 1.. {
            let joint = if path.contains('?') { '&' } else { '?' };
            let answer = self
                .request(Method::GET, &format!("{path}{joint}page_size=100&page={page}"), None)
                .await?;
            let total = count(&answer);
            let rows: Vec<Value> = answer.json().await?;
            all.extend(rows);
            if total.is_none_or(|total| all.len() >= total) {
                break;
            }
        }
        Ok(all)
    }

    /// How many rows a list has, without reading them.
    pub async fn count(&self, path: &str) -> anyhow::Result<usize> {
        count(&self.request(Method::HEAD, path, None).await?).with_context(|| format!("no X-Result-Count at {path}"))
    }

    /// A file.
    pub async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        Ok(self.request(Method::GET, path, None).await?.bytes().await?.to_vec())
    }

    /// Creates or changes what `path` names.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        self.request(
            Method::PUT,
            path,
            Some(("application/json", None, body.to_string().into_bytes())),
        )
        .await?;
        Ok(())
    }

    /// Does what `path` names.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let body = ("application/json", None, body.to_string().into_bytes());
        self.request(Method::POST, path, Some(body)).await?;
        Ok(())
    }

    /// Pushes usage as gzipped NDJSON and returns the counts of the answer.
    pub async fn push(&self, lines: &str) -> anyhow::Result<Value> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(lines.as_bytes())?;
        let body = ("application/x-ndjson", Some("gzip"), gzip.finish()?);
        Ok(self
            .request(Method::POST, "/api/usage-records/?results=problems", Some(body))
            .await?
            .json()
            .await?)
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Option<&str>, Vec<u8>)>,
    ) -> anyhow::Result<Response> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url));
        request = request.header(header::AUTHORIZATION, format!("Token {}", self.token));
        if let Some((content_type, encoding, bytes)) = body {
            request = request.header(header::CONTENT_TYPE, content_type).body(bytes);
            if let Some(encoding) = encoding {
                request = request.header(header::CONTENT_ENCODING, encoding);
            }
        }
        let answer = request.send().await.with_context(|| format!("{method} {path}"))?;
        let status = answer.status();
        ensure!(
            status.is_success(),
            "{method} {path}: {status}: {}",
            answer.text().await.unwrap_or_default()
        );
        Ok(answer)
    }
}

fn count(answer: &Response) -> Option<usize> {
    answer.headers().get("X-Result-Count")?.to_str().ok()?.parse().ok()
}

/// A text field; absent and null are empty.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A decimal field, a JSON string or number.
pub fn decimal(value: &Value, key: &str) -> anyhow::Result<Decimal> {
    let written = match &value[key] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => return Err(anyhow!("{key} is {other}, not a decimal, in {value}")),
    };
    written
        .parse()
        .with_context(|| format!("{key} is {written}, not a decimal"))
}
