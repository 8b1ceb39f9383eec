//! Where Kill Bill is and how we identify ourselves to it; the client's making.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Certificate;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answer::MAX_BODY;
use crate::outgoing;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Address and credentials of one tenant of one Kill Bill.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Such as `http://killbill.example.com/1.0/kb/`; the last slash may be missing.
    pub api_url: Url,
    pub username: String,
    pub password: SecretString,
    pub api_key: String,
    pub api_secret: SecretString,
    /// Certificates that are trusted in place of the system's; empty: the system's.
    pub ca: Vec<Certificate>,
    /// For a whole call, from the first byte sent to the last byte read. Calls that Kill Bill answers only after an invoice run get at least a minute and a half.
    pub request_timeout: Duration,
}

/// A connection that no client can be made of; says which key of the configuration to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    #[error("api_url: {0}")]
    Address(&'static str),
    #[error("{0}: holds characters that cannot be sent in an HTTP header")]
    Unsendable(&'static str),
    #[error("cannot prepare TLS: {0}")]
    Tls(String),
}

/// The client. Cheap to clone; all clones share one pool of connections.
#[derive(Clone)]
pub struct KillBill {
    pub(super) http: reqwest::Client,
    pub(super) shared: Arc<Shared>,
    /// Bytes of an answer that are taken.
    pub(super) longest: usize,
}

pub(super) struct Shared {
    pub(super) base: Url,
    pub(super) username: String,
    pub(super) password: SecretString,
    pub(super) tenant: HeaderMap,
    pub(super) timeout: Duration,
}

impl KillBill {
    /// Prepares a client; sends nothing.
    ///
    /// # Errors
    /// When the address is not an http(s) one, carries credentials, or a key or secret cannot be put into a header.
    pub fn new(connection: &Connection) -> Result<Self, SetupError> {
        let base = base_url(&connection.api_url)?;
        let tenant = tenant_headers(connection)?;
        let http = outgoing::client(base.scheme() == "https", &connection.ca, CONNECT_TIMEOUT)
            .map_err(|error| SetupError::Tls(super::answer::reason(&error)))?;
        let shared = Shared {
            base,
            username: connection.username.clone(),
            password: connection.password.clone(),
            tenant,
            timeout: connection.request_timeout,
        };
        Ok(Self {
            http,
            shared: Arc::new(shared),
            longest: MAX_BODY,
        })
    }

    /// The same, taking answers of at most so many bytes: of a single invoice four times as many.
    #[must_use]
    pub fn taking(self, longest: usize) -> Self {
        Self { longest, ..self }
    }
}

impl fmt::Debug for KillBill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KillBill")
            .field("api_url", &self.shared.base.as_str())
            .finish_non_exhaustive()
    }
}

fn base_url(given: &Url) -> Result<Url, SetupError> {
    if !matches!(given.scheme(), "http" | "https") || given.cannot_be_a_base() {
        return Err(SetupError::Address("must start with http:// or https://"));
    }
    if !given.username().is_empty() || given.password().is_some() {
        return Err(SetupError::Address(
            "must not carry credentials: they belong into username and password",
        ));
    }
    let mut base = given.clone();
    base.set_query(None);
    base.set_fragment(None);
    Ok(base)
}

fn tenant_headers(connection: &Connection) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    headers.insert(
        HeaderName::from_static("x-killbill-apikey"),
        secret(&connection.api_key, "api_key")?,
    );
    headers.insert(
        HeaderName::from_static("x-killbill-apisecret"),
        secret(connection.api_secret.expose_secret(), "api_secret")?,
    );
    Ok(headers)
}

fn secret(text: &str, key: &'static str) -> Result<HeaderValue, SetupError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| SetupError::Unsendable(key))?;
    value.set_sensitive(true);
    Ok(value)
}
