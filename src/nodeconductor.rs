//! NodeConductor as a second source of identity: a token that is not ours may be one of its own, and only it can tell.
//! It is asked with the caller's own token, and what it says is kept for less than a minute.
//!
//! `ask` speaks HTTP, `answers` knows the shapes of both generations of its API, `kept` remembers and lets one ask for many.

mod answers;
mod ask;
mod kept;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::clock::Clock;
use crate::outgoing;
use kept::Kept;

/// Where NodeConductor is.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The root of its API, such as `https://nodeconductor.example.com/api/`.
    pub url: url::Url,
    /// Certificates that are trusted in place of the system's; empty: the system's.
    pub ca: Vec<reqwest::Certificate>,
    /// How long an answer counts.
    pub cache: Duration,
    /// How long it may take to say who is calling, all requests together.
    pub timeout: Duration,
}

impl Connection {
    /// Whether tokens can be read on the way: no TLS, and not within this machine.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        let local = match self.url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        };
        self.url.scheme() == "http" && !local
    }
}

/// How far its user reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Staff,
    Support,
    /// Everybody else: owner of these customers, perhaps of none.
    Owner(Vec<Uuid>),
}

/// A user of NodeConductor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// For logs.
    pub name: String,
    pub standing: Standing,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Known(Identity),
    /// No valid token; the words for the client.
    Refused(&'static str),
    /// Nobody knows: nothing may be opened on that.
    Away,
}

/// A client that remembers. Cheap to clone; clones share what is remembered.
#[derive(Clone)]
pub struct NodeConductor {
    http: reqwest::Client,
    connection: Arc<Connection>,
    kept: Arc<Kept>,
    clock: Clock,
}

impl NodeConductor {
    /// Prepares a client; sends nothing.
    ///
    /// # Errors
    /// When TLS cannot be prepared.
    pub fn new(connection: Connection, clock: Clock) -> reqwest::Result<Self> {
        Ok(Self {
            http: outgoing::client(connection.url.scheme() == "https", &connection.ca, connection.timeout)?,
            kept: Arc::new(Kept::new(connection.cache)),
            connection: Arc::new(connection),
            clock,
        })
    }

    /// Whose token that is.
    pub async fn who(&self, key: &str) -> Verdict {
        self.kept.or_ask(key, &self.clock, || self.asked(key)).await
    }

    async fn asked(&self, key: &str) -> Verdict {
        let answer = tokio::time::timeout(self.connection.timeout, self.identity(key)).await;
        match answer {
            Ok(Ok(identity)) => Verdict::Known(identity),
            Ok(Err(ask::Failure::Refused(words))) => Verdict::Refused(words),
            Ok(Err(ask::Failure::Away(why))) => {
                tracing::warn!(why, "NodeConductor could not say who is calling");
                Verdict::Away
            }
            Err(_) => {
                tracing::warn!(timeout = ?self.connection.timeout, "NodeConductor took too long to say who is calling");
                Verdict::Away
            }
        }
    }
}

impl fmt::Debug for NodeConductor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeConductor")
            .field("url", &self.connection.url.as_str())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_exposed_without_tls_beyond_this_machine() {
        for (url, exposed) in [
            ("http://nodeconductor.example.com/api/", true),
            ("http://192.0.2.7/api/", true),
            ("https://nodeconductor.example.com/api/", false),
            ("http://127.0.0.1:8000/api/", false),
            ("http://[::1]/api/", false),
            ("http://localhost/api/", false),
        ] {
            let connection = Connection {
                url: url.parse().unwrap(),
                cache: Duration::ZERO,
                timeout: Duration::ZERO,
                ca: Vec::new(),
            };
            assert_eq!(connection.is_exposed(), exposed, "{url}");
        }
    }
}
