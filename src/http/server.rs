//! The sockets. Whoever is slow costs one of them for a while, and nobody else anything: a connection on which no request
//! comes, whose request comes too slowly, or that does not take its answer is closed; there are only so many at once, and
//! when all are taken, those that ask for nothing make room.

#[cfg(test)]
mod tests;

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
use tokio::time::Instant;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::config::Sockets;

/// How long clients may take their answers after a stop was asked for.
const GRACE: Duration = Duration::from_secs(30);
/// How long to wait when the system gives no socket.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a new connection has for its first words before it has to make room: a request may be on its way.
const FIRST_WORDS: Duration = Duration::from_millis(250);

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
    async fn run(self, stream: TcpStream) {
        let opened = Instant::now();
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.stalled));
        let (router, from) = (self.router, self.from);
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
        let mut asked_to_leave = pin!(asked_to_leave(self.stop, self.crowded, opened));
        let (mut speaks, mut leaving) = (false, false);
        loop {
            tokio::select! {
                // A client that broke off, or was too slow, is nothing to act on.
                _ = connection.as_mut() => return,
                in_time = silent.as_mut(), if !speaks => match in_time {
                    Ok(()) => speaks = true,
                    Err(_) => return,
                },
                () = asked_to_leave.as_mut(), if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// By a stop, or because others wait. What is being answered is answered before.
async fn asked_to_leave(stop: CancellationToken, mut crowded: watch::Receiver<()>, opened: Instant) {
    tokio::select! {
        () = stop.cancelled() => {}
        // When the server is gone there is a stop.
        Ok(()) = crowded.changed() => tokio::time::sleep_until(opened + FIRST_WORDS).await,
    }
}

async fn answer(router: Router, from: SocketAddr, mut request: Request<Incoming>) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(from));
    router.oneshot(request.map(Body::new)).await
}
