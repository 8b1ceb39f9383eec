//! The sockets. Whoever is slow costs one of them for a while, and nobody else anything: a connection on which no request
//! comes, whose request comes too slowly, or that does not take its answer is closed; there are only so many at once, and
//! when all are taken, those that ask for nothing make room.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::{counter, gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::config::Sockets;

/// How long clients may take their answers after a stop was asked for.
const GRACE: Duration = Duration::from_secs(30);
/// How long to wait when the system gives no socket.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `stop`, then until the requests under way are answered. A client that does not take its answer keeps nobody
/// waiting longer than `GRACE`: what it gets is broken off, so that it cannot take a part for the whole.
pub async fn serve(listener: TcpListener, router: Router, limits: Sockets, stop: CancellationToken) {
    let open = TaskTracker::new();
    let server = Server {
        router,
        limits,
        stop: stop.clone(),
        crowded: watch::Sender::new(()),
    };
    stop.run_until_cancelled(server.accept(listener, &open)).await;
    open.close();
    if tokio::time::timeout(GRACE, open.wait()).await.is_err() {
        tracing::warn!("answers that their clients did not take were broken off");
    }
}

struct Server {
    router: Router,
    limits: Sockets,
    stop: CancellationToken,
    /// Told when somebody waits for a connection.
    crowded: watch::Sender<()>,
}

impl Server {
    async fn accept(self, listener: TcpListener, open: &TaskTracker) {
        let places = Arc::new(Semaphore::new(self.limits.most as usize));
        loop {
            let (stream, from) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.no_socket(&error).await;
                    continue;
                }
            };
            let Some(place) = self.place(&places).await else { return };
            let connection = Connection {
                router: self.router.clone(),
                limits: self.limits,
                stop: self.stop.clone(),
                crowded: self.crowded.subscribe(),
                from,
            };
            open.spawn(async move {
                gauge!("ncb_http_connections").increment(1.0);
                connection.run(stream).await;
                gauge!("ncb_http_connections").decrement(1.0);
                drop(place);
            });
        }
    }

    /// Room for one more. When there is none, whoever asks for nothing has to go.
    async fn place(&self, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = places.clone().try_acquire_owned() {
            return Some(place);
        }
        self.make_room();
        places.clone().acquire_owned().await.ok()
    }

    /// A client that went away before it was accepted is no failure; no more files is one that idle connections can mend.
    async fn no_socket(&self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
            return;
        }
        tracing::error!(%error, "no connection can be taken");
        self.make_room();
        tokio::time::sleep(PAUSE).await;
    }

    fn make_room(&self) {
        counter!("ncb_http_connections_crowded_total").increment(1);
        self.crowded.send_replace(());
    }
}

/// One client.
struct Connection {
    router: Router,
    limits: Sockets,
    stop: CancellationToken,
    crowded: watch::Receiver<()>,
    from: SocketAddr,
}

impl Connection {
    /// Until it is closed, by either side.
    async fn run(mut self, stream: TcpStream) {
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.stalled));
        let (router, from) = (self.router.clone(), self.from);
        let begun = CancellationToken::new();
        let service = service_fn(|request| {
            begun.cancel();
            answer(router.clone(), from, request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle)
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        let mut connection = pin!(connection);
        let mut silent = pin!(tokio::time::timeout(self.limits.header, begun.cancelled()));
        let (mut speaks, mut leaving) = (false, false);
        loop {
            tokio::select! {
                // A client that broke off, or was too slow, is nothing to act on.
                _ = connection.as_mut() => return,
                in_time = silent.as_mut(), if !speaks => match in_time {
                    Ok(()) => speaks = true,
                    Err(_) => return,
                },
                () = self.asked_to_leave(), if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }

    /// By a stop, or because others wait. What is being answered is answered before.
    async fn asked_to_leave(&mut self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            changed = self.crowded.changed() => {
                // The server is gone: then there is a stop.
                if changed.is_err() {
                    self.stop.cancelled().await;
                }
            }
        }
    }
}

async fn answer(router: Router, from: SocketAddr, mut request: Request<Incoming>) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(from));
    router.oneshot(request.map(Body::new)).await
}

#[cfg(test)]
mod tests {
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
}
