//! The program's open door: what strangers and neighbours can do to it by what they send, or by sending nothing.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::future::join_all;
use reqwest::{Client, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::program::address;
use crate::support::api::wait_until;
use crate::support::database::TestDatabase;
use crate::support::killbill_server::{fresh_tenant, shared_url};
use crate::support::service::Service;

/// What a push may hold, unpacked.
const MOST: usize = 16 * 1024 * 1024;

async fn program(database: &TestDatabase, more: &str) -> Service {
    let connection = fresh_tenant(&shared_url()).await;
    let service = Service::installed(&address(database), &connection);
    service.configure(&service.configured().replace("[http]", &format!("[http]\n{more}")));
    service.started().await
}

/// `begin`, then `part` again and again up to the limit, then `end`.
fn stuffed(begin: &str, part: &str, end: &str) -> Vec<u8> {
    let parts = (MOST - begin.len() - end.len()) / part.len();
    let text = [begin, &part.repeat(parts - 1), part.trim_end_matches(','), end].concat();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

async fn push(service: &Service, body: Vec<u8>) -> StatusCode {
    let request = Client::new()
        .post(format!("{}/api/usage-records/?results=problems", service.pusher.url))
        .header("authorization", format!("Token {}", service.pusher.token()))
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    request.body(body).send().await.unwrap().status()
}

/// Some kilobytes of gzip that once became 3 GB for six of them.
#[tokio::test]
async fn hostile_pushes_cost_no_more_than_their_text() {
    let database = TestDatabase::fresh().await;
    let service = program(&database, "").await;
    let long = format!("{{\"{}\":1}},", "n".repeat(1_600));
    let hostile = [
        stuffed("{\"records\":[", "1,", "]}"),
        stuffed("{\"records\":[[", "1,", "]]}"),
        stuffed("{\"records\":[{\"quantity\":[", "{},", "]}]}"),
        stuffed("{\"records\":[", &long, "]}"),
        stuffed("[", "1,", "]"),
        stuffed("{\"records\":[", "[", "]}"),
    ];
    let first = push(&service, hostile[0].clone()).await;
    assert_eq!(first, StatusCode::PAYLOAD_TOO_LARGE);
    let before = service.most_memory();
    assert!(before < 200, "one cost {before} MiB");
    assert!(hostile.iter().all(|body| body.len() < 100_000));
    for status in join_all(hostile.map(|body| push(&service, body))).await {
        assert!(
            status.is_client_error() || status == StatusCode::MULTI_STATUS,
            "{status}"
        );
    }
    let cost = service.most_memory() - before;
    assert!(
        cost < 200,
        "six at a time cost {cost} MiB beyond the {before} MiB of one"
    );
}

#[tokio::test]
async fn sockets_on_which_nothing_comes_keep_nobody_out_and_are_closed() {
    let database = TestDatabase::fresh().await;
    let limits = "max_connections = 50\nheader_timeout = \"5s\"\nidle_timeout = \"5s\"";
    let service = program(&database, limits).await;
    let address = service.staff.url.trim_start_matches("http://");
    let mut idle = Vec::new();
    for number in 0..200 {
        let mut socket = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            socket.write_all(b"GET /health/live HTTP/1.1\r\nhost: ").await.unwrap();
        }
        idle.push(socket);
    }
    // A connection of its own: no socket of those that are kept.
    let alive = Client::new().get(format!("{}/health/live", service.staff.url));
    let answer = alive.timeout(Duration::from_secs(10)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    for mut socket in idle {
        let mut rest = Vec::new();
        socket.read_to_end(&mut rest).await.ok();
    }
    service.ask_to_stop();
    let mut service = service;
    wait_until("the program has ended", async || service.exit_code() == Some(0)).await;
}

#[tokio::test]
async fn measurements_can_have_an_address_of_their_own() {
    let database = TestDatabase::fresh().await;
    let apart = crate::support::service::free_address();
    let service = program(&database, &format!("metrics_bind = \"{apart}\"")).await;
    let status = async |url: String| reqwest::get(url).await.unwrap().status();
    assert_eq!(status(format!("http://{apart}/metrics")).await, StatusCode::OK);
    assert_eq!(
        status(format!("http://{apart}/health/live")).await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        status(format!("{}/metrics", service.staff.url)).await,
        StatusCode::NOT_FOUND
    );
}
