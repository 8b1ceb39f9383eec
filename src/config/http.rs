//! `[http]`: where the service is reached, and what one client may cost the others.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::section::Section;
use super::{origins, web_address};

/// `[http]`
#[derive(Clone, Debug)]
pub struct Http {
    pub bind: SocketAddr,
    /// Where the metrics are read, when not at `bind`.
    pub metrics_bind: Option<SocketAddr>,
    /// Without a slash at the end. None: links begin with the host a request was sent to.
    pub public_url: Option<String>,
    pub cors_origins: Vec<String>,
    pub request_timeout: Duration,
    pub sockets: Sockets,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Tokens that are not known to be good, by client address and minute; 0: any number.
    pub token_attempts: u32,
    /// How long a refused token is refused without being looked for again.
    pub refused_tokens: Duration,
}

/// What a connection may cost.
#[derive(Clone, Copy, Debug)]
pub struct Sockets {
    /// Connections at the same time.
    pub most: u32,
    /// From the connection to the end of the first request's headers.
    pub header: Duration,
    /// From an answer to the end of the next request's headers.
    pub idle: Duration,
    /// How long a client may take nothing of its answer.
    pub stalled: Duration,
}

const ADDRESS: &str = "an address and port such as 127.0.0.1:8080 or 0.0.0.0:8080";

pub(super) fn read(s: &mut Section<'_>) -> Http {
    let public_url = s.text("public_url");
    let metrics = s.text("metrics_bind");
    let bind = s.text("bind");
    let bind = address(s, "bind", &bind).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
    Http {
        bind,
        metrics_bind: (!metrics.is_empty())
            .then(|| address(s, "metrics_bind", &metrics))
            .flatten(),
        public_url: (!public_url.is_empty()).then(|| web_address(s, "public_url", &public_url)),
        cors_origins: origins::read(s),
        request_timeout: s.duration("request_timeout", Duration::from_secs(1), Duration::from_hours(1)),
        sockets: sockets(s),
        trusted_proxies: proxies(s),
        token_attempts: s.number("token_attempts", 0, 1_000_000),
        refused_tokens: s.duration("refused_tokens", Duration::ZERO, Duration::from_mins(10)),
    }
}

fn address(s: &mut Section<'_>, key: &str, text: &str) -> Option<SocketAddr> {
    s.parsed(key, text, ADDRESS, |text| text.parse().ok())
}

fn sockets(s: &mut Section<'_>) -> Sockets {
    let (least, most) = (Duration::from_millis(100), Duration::from_hours(1));
    Sockets {
        most: s.number("max_connections", 1, 1_000_000),
        header: s.duration("header_timeout", least, most),
        idle: s.duration("idle_timeout", least, most),
        stalled: s.duration("stall_timeout", least, most),
    }
}

/// A single address is a network of one.
fn proxies(s: &mut Section<'_>) -> Vec<IpNet> {
    let right = "addresses or networks such as 10.0.0.7 or 10.0.0.0/8";
    let network = |text: &str| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
    let texts = s.list("trusted_proxies");
    let read = texts
        .iter()
        .filter_map(|text| s.parsed("trusted_proxies", text, right, network));
    read.collect()
}
