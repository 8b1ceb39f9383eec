//! `serve`: HTTP and the workers in one process.

use std::net::SocketAddr;

use anyhow::Context;
use futures::FutureExt;
use tokio::net::TcpListener;

use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::job::Job;
use crate::http::server;
use crate::http::state::AppState;
use crate::lifecycle::Lifecycle;
use crate::{http, jobs, web};

pub(super) async fn serve(settings: Settings) -> anyhow::Result<()> {
    let app = App::start(settings, Clock::System).await?;
    app::migrate(&app.settings).await?;
    app.note_issuer().await?;
    let lifecycle = Lifecycle::default();
    let listener = bound("http.bind", app.settings.http.bind).await?;
    tracing::info!(address = %listener.local_addr()?, version = env!("CARGO_PKG_VERSION"), "serving");
    let metrics = match app.settings.http.metrics_bind {
        Some(address) => Some(bound("http.metrics_bind", address).await?),
        None => None,
    };
    start(&app, listener, metrics, &lifecycle).await?;
    lifecycle.until_stopped().await
}

async fn bound(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("{key} cannot be listened on"))
}

/// Starts the web side on `listener`, the metrics on their own if there is one, and every job's schedule.
///
/// # Errors
/// When the database fails.
pub async fn start(
    app: &App,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    lifecycle: &Lifecycle,
) -> anyhow::Result<()> {
    let state = AppState::of(app).await?;
    let web = |listener, router| {
        let serving = server::serve(listener, router, app.settings.http.sockets, lifecycle.stop.clone());
        serving.map(Ok)
    };
    if let Some(metrics) = metrics {
        lifecycle.spawn("metrics", web(metrics, http::metrics_router(state.clone())));
    }
    lifecycle.spawn("http", web(listener, web::router(state)));
    for job in Job::ALL.iter().copied() {
        lifecycle.spawn(job.word(), jobs::schedule(app.clone(), job, lifecycle.stop.clone()));
    }
    Ok(())
}
