//! The service's REST API as a client across the network uses it.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::{Compression, write::GzEncoder};
use nodeconductor_billing::domain::uuid_hex::hex;
use reqwest::{Client, Method, header};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

/// One service and one token.
#[derive(Clone)]
pub struct Api {
    client: Client,
    pub url: String,
    token: String,
}

/// One usage record to push.
#[derive(Clone, Debug)]
pub struct Usage {
    pub resource: Uuid,
    pub meter: &'static str,
    pub hour: chrono::DateTime<chrono::Utc>,
    pub quantity: Decimal,
}

impl Usage {
    fn line(&self, correction: bool) -> String {
        let quantity = self.quantity.to_string();
        json!({"resource": hex(self.resource), "meter": self.meter, "hour": self.hour, "quantity": quantity,
               "correction": correction})
        .to_string()
    }
}

impl Api {
    pub fn new(url: &str, token: &str) -> Self {
        // reqwest is built without a TLS provider of its own, as in the service.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = Client::builder().timeout(Duration::from_mins(1)).build();
        Self {
            client: client.expect("a client"),
            url: url.to_owned(),
            token: token.to_owned(),
        }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// The answer's status and body; an error when there is no answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> reqwest::Result<(u16, Value)> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status().as_u16(), answer.text().await?);
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .header(header::AUTHORIZATION, format!("Token {}", self.token))
    }

    /// The JSON (or text) at `path`.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await.expect("an answer");
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    /// A list with all its pages.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (total, mut all) = (self.count(path).await, Vec::new());
        for page in 1.. {
            if all.len() >= total {
                break;
            }
            let rows = self.get(&format!("{path}{joint}page_size=100&page={page}")).await;
            all.extend(rows.as_array().expect("a list").clone());
        }
        all
    }

    /// How many rows a list has.
    pub async fn count(&self, path: &str) -> usize {
        let answer = self.request(Method::HEAD, path).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "HEAD {path}");
        let count = answer.headers().get("X-Result-Count").expect("X-Result-Count");
        count.to_str().expect("text").parse().expect("a number")
    }

    /// Creates or changes what `path` names.
    pub async fn put(&self, path: &str, body: Value) {
        let (status, answer) = self.call(Method::PUT, path, Some(&body)).await.expect("an answer");
        assert!(matches!(status, 200 | 201), "PUT {path}: {status} {answer}");
    }

    /// Status and body of a POST.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(&body)).await.expect("an answer")
    }

    /// Pushes gzipped NDJSON, once. `None` when there was no answer, or one that promises nothing (5xx).
    pub async fn try_push(&self, records: &[Usage]) -> Option<Value> {
        self.try_push_as(records, false).await
    }

    async fn try_push_as(&self, records: &[Usage], correction: bool) -> Option<Value> {
        let lines: Vec<_> = records.iter().map(|record| record.line(correction)).collect();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(lines.join("\n").as_bytes()).expect("in memory");
        let request = self
            .request(Method::POST, "/api/usage-records/?results=problems")
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .header(header::CONTENT_ENCODING, "gzip")
            .body(gzip.finish().expect("in memory"));
        let answer = request.send().await.ok()?;
        let (status, text) = (answer.status(), answer.text().await.ok()?);
        if status.is_server_error() {
            return None;
        }
        assert_eq!(status.as_u16(), 200, "{text}");
        Some(serde_json::from_str(&text).expect("JSON"))
    }

    /// Pushes what a client has, in requests of at most 10,000 records; every record must be taken as new.
    pub async fn push(&self, records: &[Usage]) {
        for batch in records.chunks(10_000) {
            let answer = self.try_push(batch).await.expect("an answer");
            assert_eq!(answer["accepted"], batch.len(), "{answer}");
        }
    }

    /// Pushes as a client must: again and again until every record is known to be stored. How many were there already.
    pub async fn push_until_taken(&self, records: &[Usage]) -> u64 {
        self.insist(records, false).await
    }

    /// The same with corrections.
    pub async fn correct_until_taken(&self, records: &[Usage]) -> u64 {
        self.insist(records, true).await
    }

    async fn insist(&self, records: &[Usage], correction: bool) -> u64 {
        let mut duplicates = 0;
        for batch in records.chunks(500) {
            let begin = Instant::now();
            let answer = loop {
                match self.try_push_as(batch, correction).await {
                    Some(answer) => break answer,
                    None => pause("a push is answered", begin).await,
                }
            };
            let count = |key: &str| answer[key].as_u64().expect("a count");
            let stored = count("accepted") + count("corrected") + count("duplicate");
            assert_eq!(stored, batch.len() as u64, "{answer}");
            duplicates += count("duplicate");
        }
        duplicates
    }
}

/// How long anything may take before it counts as not happening; many servers share few cores.
const PATIENCE: Duration = Duration::from_mins(4);

/// Asks until there is an answer.
pub async fn wait_for<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        pause(what, begin).await;
    }
}

/// Before it is tried again; fails the test when patience is over.
async fn pause(what: &str, begin: Instant) {
    assert!(begin.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
    tokio::time::sleep(Duration::from_millis(150)).await;
}

/// Asks until it is so.
pub async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    wait_for(what, async || is_so().await.then_some(())).await;
}

/// A text field.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// A decimal field, a JSON string or number; none when it is null.
pub fn number(value: &Value, key: &str) -> Option<Decimal> {
    match &value[key] {
        Value::Null => None,
        Value::String(text) => Some(text.parse().expect("a decimal")),
        other => Some(other.to_string().parse().expect("a decimal")),
    }
}
