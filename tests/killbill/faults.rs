//! What a caller is told when the line or something in front of Kill Bill fails: above all whether a write may have happened.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use nodeconductor_billing::killbill::usages::{UnitUsage, UsagePost};
use nodeconductor_billing::killbill::{Error, KillBill, SetupError};
use rust_decimal::dec;
use url::Url;
use uuid::Uuid;

use super::customer;
use crate::support::killbill_server::connection;

/// A listener that gives every request the same answer; `None` keeps the connection open without a word.
struct Stub {
    url: Url,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    fn answering(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/1.0/kb/", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let requests = Arc::new(Mutex::new(vec![]));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            let mut silent = vec![];
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                seen.lock().unwrap().push(request(&mut stream));
                match answer {
                    Some(answer) => {
                        stream.write_all(answer.as_bytes()).ok();
                        stream.shutdown(Shutdown::Both).ok();
                    }
                    None => silent.push(stream),
                }
            }
        });
        Self { url, requests }
    }

    fn client(&self) -> KillBill {
        let mut connection = connection(&self.url, "key", "secret");
        connection.request_timeout = Duration::from_millis(300);
        KillBill::new(&connection).unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Head and body of one request.
fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if read == 0 || body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
    }
}

fn usage() -> UsagePost {
    let at: DateTime<Utc> = "2026-01-01T10:30:00Z".parse().unwrap();
    let units = vec![UnitUsage {
        unit: "cpu".to_owned(),
        records: vec![(at, dec!(0.100000000))],
    }];
    UsagePost {
        subscription: Uuid::nil(),
        tracking_id: "delivery-1".to_owned(),
        units,
    }
}

async fn failure(answer: Option<&'static str>) -> (Error, Vec<String>) {
    let stub = Stub::answering(answer);
    let error = stub.client().usages().record(&usage()).await.unwrap_err();
    (error, stub.requests())
}

#[tokio::test]
async fn a_refused_connection_means_that_nothing_was_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url: Url = format!("http://{closed}/1.0/kb/").parse().unwrap();
    let kb = KillBill::new(&connection(&url, "key", "secret")).unwrap();
    let error = kb.usages().record(&usage()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert!(!error.outcome_unknown() && !error.is_definite());
    assert!(matches!(kb.tenants().access().await, Err(Error::Unreachable(_))));
}

#[tokio::test]
async fn an_answer_that_does_not_come_whole_leaves_the_outcome_open_and_is_not_repeated() {
    let closed_at_once = Some("");
    let half_a_head = Some("HTTP/1.1 201 Cre");
    let half_a_body = Some("HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"a\":");
    let half_a_refusal =
        Some("HTTP/1.1 400 Bad Request\r\ncontent-length: 100\r\n\r\n{\"className\":\"x\",\"code\":50");
    for answer in [None, closed_at_once, half_a_head, half_a_body, half_a_refusal] {
        let (error, requests) = failure(answer).await;
        assert!(matches!(error, Error::NoAnswer(_)), "{answer:?}: {error:?}");
        assert!(error.outcome_unknown());
        assert_eq!(requests.len(), 1, "a write is sent once");
    }
}

#[tokio::test]
async fn a_proxys_error_page_leaves_the_outcome_open() {
    let (error, requests) = failure(Some(
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 15\r\n\r\n<html>no</html>",
    ))
    .await;
    assert!(matches!(error, Error::Stranger { status: 502, .. }), "{error:?}");
    assert!(error.outcome_unknown() && requests.len() == 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (error, requests) = failure(Some(
        "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
    ))
    .await;
    assert!(matches!(error, Error::Stranger { status: 302, .. }), "{error:?}");
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn another_servers_404_does_not_mean_that_an_account_is_missing() {
    let stub = Stub::answering(Some(
        "HTTP/1.1 404 Not Found\r\ncontent-length: 15\r\n\r\n<html>no</html>",
    ));
    let error = stub
        .client()
        .accounts()
        .by_external_key("a-customer")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Stranger { status: 404, .. }), "{error:?}");
}

#[tokio::test]
async fn an_unreadable_answer_names_the_place() {
    let stub = Stub::answering(Some(
        "HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{\"rolledUpUnits\":[{\"unitType\":\"cpu\"}  ]}",
    ));
    let start: DateTime<Utc> = "2026-01-01T10:00:00Z".parse().unwrap();
    let error = stub
        .client()
        .usages()
        .sums(Uuid::nil(), start, start)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Malformed(place) if place.contains("rolledUpUnits[0]") && place.contains("amount")),
        "{error:?}"
    );

    let stub = Stub::answering(Some("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"));
    let error = stub
        .client()
        .accounts()
        .create(&customer("a-customer"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Malformed(_)) && error.outcome_unknown(),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_request_carries_who_we_are_and_the_very_digits() {
    let stub = Stub::answering(Some("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"));
    stub.client().usages().record(&usage()).await.unwrap();
    let request = stub.requests().remove(0);
    assert!(request.starts_with("POST /1.0/kb/usages HTTP/1.1\r\n"), "{request}");
    assert!(
        request.ends_with(r#"[{"recordDate":"2026-01-01T10:30:00.000Z","amount":0.100000000}]}]}"#),
        "{request}"
    );
    let header = |name: &str| {
        request
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_default()
    };
    assert!((1..=50).contains(&header("x-killbill-createdby: ").len()), "{request}");
    assert!(header("x-request-id: ").parse::<Uuid>().is_ok(), "{request}");
    assert_eq!(
        (header("x-killbill-apikey: "), header("authorization: ")),
        ("key", "Basic YWRtaW46cGFzc3dvcmQ=")
    );
}

#[test]
fn an_unusable_connection_is_named_before_anything_is_sent() {
    let with = |url: &str, key: &str| KillBill::new(&connection(&url.parse().unwrap(), key, "secret")).map(drop);
    assert!(matches!(
        with("ftp://killbill/1.0/kb/", "key"),
        Err(SetupError::Address(_))
    ));
    assert!(matches!(
        with("http://admin:password@killbill/1.0/kb/", "key"),
        Err(SetupError::Address(_))
    ));
    assert_eq!(
        with("http://killbill/1.0/kb/", "line\nbreak"),
        Err(SetupError::Unsendable("api_key"))
    );
    assert_eq!(with("https://killbill/1.0/kb", "key"), Ok(()));
}
