//! `[nodeconductor]`: whose tokens are taken besides our own.

use std::time::Duration;

use url::Url;

use super::certificates;
use super::section::Section;
use crate::nodeconductor::Connection;

const RIGHT: &str = "the root of NodeConductor's API, such as https://nodeconductor.example.com/api/";

/// `None` without an address: only our own tokens are taken.
pub(super) fn read(s: &mut Section<'_>) -> Option<Connection> {
    let text = s.text("url");
    let ca = certificates::read(s);
    let cache = s.duration("cache", Duration::ZERO, Duration::from_mins(1));
    let timeout = s.duration("timeout", Duration::from_millis(100), Duration::from_mins(1));
    if text.trim().is_empty() {
        return None;
    }
    let url = s.parsed("url", &text, RIGHT, |text| {
        let with_slash = format!("{}/", text.trim_end_matches('/'));
        let usable =
            |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty();
        Url::parse(&with_slash).ok().filter(usable)
    })?;
    Some(Connection {
        url,
        ca,
        cache,
        timeout,
    })
}
