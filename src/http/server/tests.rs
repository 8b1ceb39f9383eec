//! Clients that are slow, silent or many, and what they cost the others.

use axum::body::Bytes;
use axum::routing::get;
use futures::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const ROOM: Sockets = Sockets {
    most: 100,
    header: Duration::from_secs(10),
    idle: Duration::from_secs(75),
    stalled: Duration::from_secs(30),
};

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

async fn served(limits: Sockets) -> Served {
    let endless = || async {
        Body::from_stream(stream::repeat_with(|| {
            Ok::<_, io::Error>(Bytes::from(vec![0; 1 << 16]))
        }))
    };
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/endless", get(endless));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let serving = tokio::spawn(serve(listener, router, limits, stop.clone()));
    Served { address, stop, serving }
}

impl Served {
    async fn client(&self, sends: &str) -> TcpStream {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(sends.as_bytes()).await.unwrap();
        client
    }
}

const ASKS: &str = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

async fn answered(client: &mut TcpStream) -> bool {
    let mut answer = Vec::new();
    while !answer.ends_with(b"here") {
        if client.read_buf(&mut answer).await.unwrap_or(0) == 0 {
            return false;
        }
    }
    answer.starts_with(b"HTTP/1.1 200")
}

/// Until the other end closes it.
async fn closed(mut client: TcpStream) {
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.ok();
}

#[tokio::test(start_paused = true)]
async fn half_a_request_and_a_connection_on_which_nothing_comes_are_closed() {
    let served = served(ROOM).await;
    closed(served.client("").await).await;
    closed(served.client("GET / HTTP/1.1\r\nhost: te").await).await;
    let mut client = served.client(ASKS).await;
    assert!(answered(&mut client).await);
    closed(client).await;
    let mut client = served.client(ASKS).await;
    assert!(answered(&mut client).await);
    client.write_all(b"GET / HTTP/1.1\r\nhost: te").await.unwrap();
    closed(client).await;
}

#[tokio::test]
async fn when_all_connections_are_taken_those_that_ask_for_nothing_make_room() {
    let served = served(Sockets { most: 20, ..ROOM }).await;
    let mut idle = Vec::new();
    for number in 0..60 {
        let mut client = served.client(if number % 2 == 0 { ASKS } else { "GET / HT" }).await;
        if number % 2 == 0 {
            assert!(answered(&mut client).await, "client {number}");
        }
        idle.push(client);
    }
    assert!(answered(&mut served.client(ASKS).await).await);
}

#[tokio::test]
async fn a_request_that_is_on_its_way_when_others_wait_is_answered() {
    let served = served(Sockets { most: 1, ..ROOM }).await;
    let mut client = served.client("").await;
    let mut other = served.client(ASKS).await;
    client.write_all(ASKS.as_bytes()).await.unwrap();
    assert!(answered(&mut client).await);
    let soon = tokio::time::timeout(Duration::from_secs(20), answered(&mut other));
    assert!(soon.await.unwrap(), "and it makes room afterwards");
}

#[tokio::test]
async fn whoever_is_being_answered_does_not_have_to_make_room() {
    let served = served(Sockets { most: 2, ..ROOM }).await;
    let mut busy = served.client("GET /endless HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let mut much = vec![0; 1 << 20];
    busy.read_exact(&mut much).await.unwrap();
    for _ in 0..5 {
        assert!(answered(&mut served.client(ASKS).await).await);
    }
    busy.read_exact(&mut much).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_take_its_answer_is_given_up() {
    let served = served(Sockets { most: 1, ..ROOM }).await;
    let _stalled = served.client("GET /endless HTTP/1.1\r\nhost: test\r\n\r\n").await;
    assert!(answered(&mut served.client(ASKS).await).await, "it had its place");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_on_does_not_keep_the_service_from_stopping() {
    let patient = Duration::from_hours(1);
    let served = served(Sockets {
        stalled: patient,
        ..ROOM
    })
    .await;
    let mut client = served.client("GET /endless HTTP/1.1\r\nhost: test\r\n\r\n").await;
    client.read_exact(&mut [0; 1]).await.unwrap();
    served.stop.cancel();
    served.serving.await.unwrap();
}

#[tokio::test]
async fn a_stop_closes_what_is_idle_at_once_and_finishes_what_is_begun() {
    let (begun, finish) = (CancellationToken::new(), CancellationToken::new());
    let (told, waits) = (begun.clone(), finish.clone());
    let slow = || async move {
        told.cancel();
        waits.cancelled().await;
        "here"
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let router = Router::new().route("/", get(slow));
    let serving = tokio::spawn(serve(listener, router, ROOM, stop.clone()));
    let idle = TcpStream::connect(address).await.unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(ASKS.as_bytes()).await.unwrap();
    begun.cancelled().await;
    stop.cancel();
    closed(idle).await;
    assert!(!serving.is_finished());
    finish.cancel();
    assert!(answered(&mut client).await);
    serving.await.unwrap();
}
