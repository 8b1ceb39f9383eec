//! `serve`: HTTP and the workers in one process.

use std::net::SocketAddr;

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

async fn web(listener: TcpListener, router: axum::Router, stop: CancellationToken) -> anyhow::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await?)
}
