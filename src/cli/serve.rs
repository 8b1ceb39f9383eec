//! `serve`: HTTP and the workers in one process.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db;
use crate::domain::job::Job;
use crate::http::state::AppState;
use crate::lifecycle::Lifecycle;
use crate::{http, jobs};

/// How long clients may take their answers after a stop was asked for.
const GRACE: Duration = Duration::from_secs(30);

pub(super) async fn serve(settings: Settings) -> anyhow::Result<()> {
    let app = App::start(settings, Clock::System).await?;
    db::MIGRATOR
        .run(&app.pool)
        .await
        .context("the migrations cannot be applied")?;
    let lifecycle = Lifecycle::default();
    let listener = TcpListener::bind(app.settings.http.bind)
        .await
        .context("http.bind cannot be listened on")?;
    tracing::info!(address = %listener.local_addr()?, version = env!("CARGO_PKG_VERSION"), "serving");
    start(&app, listener, &lifecycle).await?;
    lifecycle.until_stopped().await
}

/// Starts the web side on `listener` and every job's schedule.
///
/// # Errors
/// When the database fails.
pub async fn start(app: &App, listener: TcpListener, lifecycle: &Lifecycle) -> anyhow::Result<()> {
    lifecycle.spawn(
        "http",
        web(listener, http::router(AppState::of(app).await?), lifecycle.stop.clone()),
    );
    for job in Job::ALL {
        lifecycle.spawn(job.name(), jobs::schedule(app.clone(), job, lifecycle.stop.clone()));
    }
    Ok(())
}

/// Serves until `stop`, then until the requests under way are answered. A client that does not take its answer keeps nobody
/// waiting longer than `GRACE`: what it gets is broken off, so that it cannot take a part for the whole.
async fn web(listener: TcpListener, router: axum::Router, stop: CancellationToken) -> anyhow::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving.into_future() => Ok(served?),
        () = late => {
            tracing::warn!("answers that their clients did not take were broken off");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, Bytes};
    use axum::routing::get;
    use futures::stream;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_on_does_not_keep_the_service_from_stopping() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endless = || async {
            Body::from_stream(stream::repeat_with(|| {
                Ok::<_, std::io::Error>(Bytes::from(vec![0; 1 << 16]))
            }))
        };
        let stop = CancellationToken::new();
        let serving = tokio::spawn(web(listener, Router::new().route("/", get(endless)), stop.clone()));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
        let mut first = [0; 1];
        client.read_exact(&mut first).await.unwrap();
        stop.cancel();
        serving.await.unwrap().unwrap();
    }
}
