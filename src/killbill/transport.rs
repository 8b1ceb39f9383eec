//! Sends one request and reads one answer. Everything that holds for all calls is here: headers, deadlines, the bound on bodies, and what a status means.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode, header};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;
use uuid::Uuid;

use super::{Error, KillBill};

/// Stands in Kill Bill's audit log; its column holds 50 characters.
const CREATED_BY: &str = concat!("nodeconductor-billing/", env!("CARGO_PKG_VERSION"));
/// An account's invoices with all their items are the largest thing we ask for; this is far above them and far below our memory.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// Kill Bill answers some calls only after an invoice run.
const PATIENT: Duration = Duration::from_secs(90);
/// The message of an error whose answer had no body.
pub(super) const NO_REASON: &str = "no reason given";
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
        let (path, elapsed) = (self.url.path(), started.elapsed());
        match &outcome {
            Ok(answer) => {
                tracing::debug!(%id, method = %self.method, path, status = answer.status.as_u16(), ?elapsed, "Kill Bill answered")
            }
            Err(error) => tracing::debug!(%id, method = %self.method, path, %error, ?elapsed, "Kill Bill call failed"),
        }
        outcome
    }

    async fn exchange(&self, id: Uuid) -> Result<Answer, Error> {
        let response = self.request(id)?.send().await.map_err(|error| lost(&error))?;
        let status = response.status();
        let location = response
            .headers()
            .get(header::LOCATION)
            .and_then(|value| value.to_str().ok().map(str::to_owned));
        let body = bounded(response).await;
        if status.is_success() {
            Ok(Answer {
                status,
                location,
                body: body?,
            })
        } else {
            Err(refusal(status, &body.unwrap_or_default()))
        }
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

/// A complete answer with a 2xx status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    location: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| Error::Malformed(error.to_string()))
    }

    pub(super) fn text(self) -> Result<String, Error> {
        String::from_utf8(self.body).map_err(|error| Error::Malformed(error.to_string()))
    }

    /// The id of what was created: the last segment of `Location`, whose host may be wrong behind a proxy.
    pub(super) fn created(&self) -> Result<Uuid, Error> {
        let location = self
            .location
            .as_deref()
            .ok_or_else(|| Error::Malformed("no Location header".to_owned()))?;
        let path = location.split(['?', '#']).next().unwrap_or(location);
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
        last.parse()
            .map_err(|_| Error::Malformed(format!("no id in the Location header {location}")))
    }
}

async fn bounded(mut response: reqwest::Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Error::Malformed(format!("longer than {} MiB", MAX_BODY / 1024 / 1024)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn lost(error: &reqwest::Error) -> Error {
    let reason = reason(error);
    if error.is_connect() || error.is_builder() {
        Error::Unreachable(reason)
    } else {
        Error::NoAnswer(reason)
    }
}

/// The chain of causes without the URL that reqwest would print in front.
pub(super) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut reasons = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        reasons.push(inner.to_string());
        cause = inner.source();
    }
    if reasons.is_empty() {
        "the HTTP client gave no reason".to_owned()
    } else {
        reasons.join(": ")
    }
}

/// Kill Bill's own error body. Other bodies (proxies, the container, nothing at all) are told by its absence.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(rename = "className")]
    _class_name: String,
    code: Option<i64>,
    message: Option<String>,
}

fn refusal(status: StatusCode, body: &[u8]) -> Error {
    let complaint: Option<Complaint> = serde_json::from_slice(body).ok();
    let known = complaint.is_some();
    let code = complaint.as_ref().and_then(|complaint| complaint.code);
    let otherwise = if body.is_empty() {
        NO_REASON
    } else {
        "not Kill Bill's own answer"
    };
    let message = complaint
        .and_then(|complaint| complaint.message)
        .unwrap_or_else(|| otherwise.to_owned());
    let message: String = message.chars().take(500).collect();
    match status.as_u16() {
        401 => Error::Unauthorized { message },
        404 => Error::NotFound { code, message, known },
        408 | 429 | 500.. => Error::Busy {
            status: status.as_u16(),
            code,
            message,
        },
        status => Error::Refused { status, code, message },
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Error, StatusCode, refusal};

    fn created(location: &str) -> Result<uuid::Uuid, Error> {
        Answer {
            status: StatusCode::CREATED,
            location: Some(location.to_owned()),
            body: vec![],
        }
        .created()
    }

    #[test]
    fn takes_the_id_from_whatever_host_the_location_names() {
        let id = "335905a5-f52b-486c-8d5a-093971f97fc1";
        for location in [
            format!("http://inner:8080/1.0/kb/accounts/{id}"),
            format!("/1.0/kb/accounts/{id}/?x=1"),
            id.to_owned(),
        ] {
            assert_eq!(created(&location).unwrap().to_string(), id);
        }
        assert!(matches!(
            created("http://inner/1.0/kb/accounts/"),
            Err(Error::Malformed(_))
        ));
    }

    #[test]
    fn a_strange_404_is_not_taken_for_kill_bills() {
        let ours = br#"{"className":"x","code":3003,"message":"unknown"}"#;
        assert!(matches!(
            refusal(StatusCode::NOT_FOUND, ours),
            Error::NotFound {
                code: Some(3003),
                known: true,
                ..
            }
        ));
        assert!(matches!(
            refusal(StatusCode::NOT_FOUND, b"<html>nginx</html>"),
            Error::NotFound { known: false, .. }
        ));
    }

    #[test]
    fn a_servers_trouble_leaves_a_write_in_doubt_and_a_refusal_does_not() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(
                refusal(StatusCode::from_u16(status).unwrap(), b"<html>").outcome_unknown(),
                "{status}"
            );
        }
        for status in [302, 400, 401, 404, 409, 422] {
            assert!(
                refusal(StatusCode::from_u16(status).unwrap(), b"").is_definite(),
                "{status}"
            );
        }
    }
}
