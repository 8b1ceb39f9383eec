//! Sends one request. What holds for all of them is here: headers, deadlines, the request's id in the log. `answer` reads what comes back.

use std::time::{Duration, Instant};

use reqwest::{Method, header};
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;
use uuid::Uuid;

use super::answer::{Answer, lost};
use super::{Error, KillBill};

/// Stands in Kill Bill's audit log; its column holds 50 characters.
const CREATED_BY: &str = concat!("nodeconductor-billing/", env!("CARGO_PKG_VERSION"));
/// Kill Bill answers some calls only after an invoice run.
const PATIENT: Duration = Duration::from_secs(90);
const JSON: &str = "application/json";

/// One request being put together.
#[must_use]
pub(super) struct Call<'a> {
    client: &'a KillBill,
    method: Method,
    url: Url,
    body: Option<(&'static str, Result<Vec<u8>, String>)>,
    accept: &'static str,
    timeout: Duration,
    /// Bytes of the answer.
    longest: usize,
    tenant: bool,
}

impl KillBill {
    pub(super) fn get(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::GET, path)
    }

    pub(super) fn post(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::POST, path)
    }

    pub(super) fn put(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::PUT, path)
    }

    pub(super) fn delete(&self, path: &[&str]) -> Call<'_> {
        Call::new(self, Method::DELETE, path)
    }
}

impl<'a> Call<'a> {
    fn new(client: &'a KillBill, method: Method, path: &[&str]) -> Self {
        let mut url = client.shared.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        Self {
            client,
            method,
            url,
            body: None,
            accept: JSON,
            timeout: client.shared.timeout,
            longest: client.longest,
            tenant: true,
        }
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some((JSON, serde_json::to_vec(body).map_err(|error| error.to_string())));
        self
    }

    pub(super) fn text(mut self, content_type: &'static str, body: &str) -> Self {
        self.body = Some((content_type, Ok(body.as_bytes().to_vec())));
        self
    }

    pub(super) fn accept(mut self, content_type: &'static str) -> Self {
        self.accept = content_type;
        self
    }

    /// For calls that Kill Bill answers only after an invoice run.
    pub(super) fn patient(mut self) -> Self {
        self.timeout = self.timeout.max(PATIENT);
        self
    }

    /// For what may be longer than other answers.
    pub(super) fn times_as_long(mut self, times: usize) -> Self {
        self.longest = self.longest.saturating_mul(times);
        self
    }

    /// For the few calls that are about no tenant.
    pub(super) fn without_tenant(mut self) -> Self {
        self.tenant = false;
        self
    }

    /// A read is tried once more when the connection could not be made; a write never.
    pub(super) async fn send(self) -> Result<Answer, Error> {
        match self.attempt().await {
            Err(Error::Unreachable(_)) if self.method == Method::GET => self.attempt().await,
            outcome => outcome,
        }
    }

    async fn attempt(&self) -> Result<Answer, Error> {
        let id = Uuid::new_v4();
        let started = Instant::now();
        let outcome = self.exchange(id).await;
        // The path alone: a query may carry the secret part of our callback address.
        let (method, path, elapsed) = (&self.method, self.url.path(), started.elapsed());
        match &outcome {
            Ok(answer) => tracing::debug!(%id, %method, path, status = answer.status.as_u16(), ?elapsed, "answered"),
            Err(error) => tracing::debug!(%id, %method, path, %error, ?elapsed, "failed"),
        }
        outcome
    }

    async fn exchange(&self, id: Uuid) -> Result<Answer, Error> {
        let response = self.request(id)?.send().await.map_err(|error| lost(&error))?;
        Answer::read(response, self.longest).await
    }

    fn request(&self, id: Uuid) -> Result<reqwest::RequestBuilder, Error> {
        let shared = &self.client.shared;
        let mut request = self
            .client
            .http
            .request(self.method.clone(), self.url.clone())
            .basic_auth(&shared.username, Some(shared.password.expose_secret()))
            .header("x-killbill-createdby", CREATED_BY)
            .header("x-request-id", id.to_string())
            .header(header::ACCEPT, self.accept)
            .timeout(self.timeout);
        if self.tenant {
            request = request.headers(shared.tenant.clone());
        }
        match &self.body {
            Some((content_type, Ok(body))) => {
                Ok(request.header(header::CONTENT_TYPE, *content_type).body(body.clone()))
            }
            Some((_, Err(reason))) => Err(Error::Unreachable(format!(
                "the request cannot be written as JSON: {reason}"
            ))),
            None => Ok(request),
        }
    }
}
