//! Reads one answer and tells what it means: the bound on bodies, the id of what was created, Kill Bill's own words in an error.

use reqwest::{Response, StatusCode, header};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Error;
use crate::outgoing::causes;

/// An account's invoices with all their items are the largest thing we ask for; where they are longer they are read one by one.
pub(super) const MAX_BODY: usize = 64 * 1024 * 1024;
/// Of an explanation; Kill Bill quotes whole SQL statements.
const MAX_MESSAGE: usize = 500;

/// How many things there are, of which a page holds some.
const TOTAL: &str = "x-killbill-pagination-totalnbrecords";

/// A complete answer with a 2xx status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    location: Option<String>,
    total: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// Reads a response of at most so many bytes to its end; anything but a 2xx becomes an error.
    pub(super) async fn read(response: Response, longest: usize) -> Result<Self, Error> {
        let status = response.status();
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (location, total) = (header(header::LOCATION.as_str()), header(TOTAL));
        let is_page = is_page(response.headers());
        let body = bounded(response, longest).await;
        if status.is_success() && is_page {
            // Nothing that we ask Kill Bill for is one: something in front of it answered, whatever it says.
            Err(Error::Malformed("a web page in place of an answer".to_owned()))
        } else if status.is_success() {
            body.map(|body| Self {
                status,
                location,
                total,
                body,
            })
        } else {
            // Half an explanation is none: Kill Bill says 400 for what it has already, too, and only its words tell which.
            body.and_then(|body| Err(refusal(status, &body)))
        }
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| Error::Malformed(error.to_string()))
    }

    pub(super) fn text(self) -> Result<String, Error> {
        String::from_utf8(self.body).map_err(|error| Error::Malformed(error.to_string()))
    }

    /// Of a page: how many there are in all.
    pub(super) fn total(&self) -> Result<i64, Error> {
        let total = self.total.as_deref().and_then(|total| total.parse().ok());
        total.ok_or_else(|| Error::Malformed(format!("no number in the header {TOTAL}: {:?}", self.total)))
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

fn is_page(headers: &header::HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

async fn bounded(mut response: Response, longest: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > longest {
            return Err(Error::TooLong { bytes: longest });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(super) fn lost(error: &reqwest::Error) -> Error {
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
    let reasons: Vec<String> = causes(error).collect();
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

/// How Kill Bill ends the message when it could not lock the account (code 4, which it has for much else, too). It locks
/// before it does anything.
const LOCKED: &str = "failed to acquire lock";

/// Kill Bill's code where it asks for a permission by hand, and answers 400.
const NO_PERMISSION: i64 = 40_000;

/// Only what is recognisably Kill Bill's own says anything about what became of the request. Everything else is somebody's in
/// front of it, who may have passed the request on before.
fn refusal(status: StatusCode, body: &[u8]) -> Error {
    let complaint: Option<Complaint> = serde_json::from_slice(body).ok();
    match complaint {
        Some(complaint) => own(status.as_u16(), complaint),
        None => strange(status.as_u16(), body.is_empty()),
    }
}

fn own(status: u16, complaint: Complaint) -> Error {
    let code = complaint.code;
    let message = complaint.message.unwrap_or_else(|| "no reason given".to_owned());
    let message: String = message.chars().take(MAX_MESSAGE).collect();
    match status {
        400 if message.ends_with(LOCKED) => Error::Locked(message),
        _ if code == Some(NO_PERMISSION) => Error::Forbidden { message },
        401 => Error::Forbidden { message },
        404 => Error::NotFound { code, message },
        408 | 429 | 500.. => Error::Busy { status, code, message },
        status => Error::Refused { status, code, message },
    }
}

/// Kill Bill's container says 401 for wrong credentials without any words of Kill Bill's.
fn strange(status: u16, is_empty: bool) -> Error {
    let message = if is_empty {
        "no reason given"
    } else {
        "not Kill Bill's own answer"
    };
    let message = message.to_owned();
    match status {
        401 => Error::Unauthorized { message },
        status => Error::Stranger { status, message },
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Error, StatusCode, refusal};

    fn created(location: &str) -> Result<uuid::Uuid, Error> {
        Answer {
            status: StatusCode::CREATED,
            location: Some(location.to_owned()),
            total: None,
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
    fn only_kill_bill_s_own_words_are_a_refusal() {
        let own = br#"{"className":"x","code":3003,"message":"unknown"}"#;
        let of = |status: u16, body: &[u8]| refusal(StatusCode::from_u16(status).unwrap(), body);
        assert!(matches!(of(404, own), Error::NotFound { code: Some(3003), .. }));
        assert!(matches!(of(401, own), Error::Forbidden { .. }));
        for status in [400, 403, 405, 409, 422] {
            assert!(matches!(of(status, own), Error::Refused { .. }), "{status}");
        }
        let strange: [&[u8]; 4] = [
            b"",
            b"<html>gateway</html>",
            br#"{"code":403,"message":"no"}"#,
            b"{\"className\":",
        ];
        for body in strange {
            for status in [
                301, 302, 307, 400, 402, 403, 404, 405, 409, 413, 418, 500, 502, 503, 504,
            ] {
                let error = of(status, body);
                assert!(matches!(error, Error::Stranger { .. }), "{status}: {error:?}");
                assert!(error.outcome_unknown() && !error.is_definite(), "{status}");
            }
        }
        assert!(matches!(of(401, b"<html>"), Error::Unauthorized { .. }));
    }

    #[test]
    fn an_account_that_is_locked_is_no_refusal_and_no_doubt() {
        let body = br#"{"className":"x","code":4,"message":"Failed to process invoice items: failed to acquire lock"}"#;
        let error = refusal(StatusCode::BAD_REQUEST, body);
        assert!(matches!(error, Error::Locked(_)) && !error.is_definite() && !error.outcome_unknown());
    }

    #[test]
    fn a_servers_trouble_leaves_a_write_in_doubt_and_a_refusal_does_not() {
        let own = br#"{"className":"x","code":null,"message":"no"}"#;
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(
                refusal(StatusCode::from_u16(status).unwrap(), own).outcome_unknown(),
                "{status}"
            );
        }
        for status in [400, 401, 404, 409, 422] {
            assert!(
                refusal(StatusCode::from_u16(status).unwrap(), own).is_definite(),
                "{status}"
            );
        }
    }
}
