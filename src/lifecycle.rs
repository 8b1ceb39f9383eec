//! Start and stop: one token that everything listens to, one tracker that waits for what is under way.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long requests and passes under way may take after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(45);

/// What runs in this process, and the wish that it should stop.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Cancelled when the process should stop: take nothing new, finish what is begun.
    pub stop: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// Runs a task that ends by itself once `stop` is cancelled. If it ends earlier, the whole process stops:
    /// a service without one of its parts is not a service.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let result = task.await;
            if let Err(error) = &result {
                tracing::error!(name, error = format!("{error:#}"), "a part of the service failed");
            }
            stop.cancel();
        });
    }

    /// Waits for SIGTERM or SIGINT (or a part that ended), then for what is under way.
    ///
    /// # Errors
    /// When signals cannot be listened to, or something is still running after the time to drain.
    pub async fn until_stopped(&self) -> anyhow::Result<()> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: draining"),
            _ = interrupt.recv() => tracing::info!("interrupted: draining"),
            () = self.stop.cancelled() => tracing::info!("stopping"),
        }
        self.stop.cancel();
        self.tasks.close();
        let drained = tokio::time::timeout(DRAIN, self.tasks.wait()).await;
        drained.map_err(|_| anyhow::anyhow!("still busy {} seconds after the stop", DRAIN.as_secs()))
    }
}
