//! The periodic jobs: what one pass of each does, and the schedule that runs them in `serve`.
//! Every pass is written down with its result: a job that has not run is an alert, not a silence.

mod notifications;
mod passes;
mod schedule;

use serde_json::Value;

use crate::app::App;
use crate::db;
use crate::delivery::Progress;
use crate::domain::job::Job;

pub use crate::sync::callback::NOTIFICATION_PATH;
pub use schedule::schedule;

/// How a pass ended: what it did, and what went wrong in it.
#[derive(Clone, Debug)]
pub struct Pass {
    pub result: Value,
    pub error: Option<String>,
}

/// One pass of `job`, written down in the table of jobs.
pub async fn run(app: &App, job: Job, progress: Progress<'_>) -> Pass {
    if let Err(error) = db::jobs::started(&app.pools.jobs, job, app.clock.now()).await {
        return Pass {
            result: Value::Null,
            error: Some(error.to_string()),
        };
    }
    let pass = match passes::pass(app, job, progress).await {
        Ok(pass) => pass,
        Err(error) => Pass {
            result: Value::Null,
            error: Some(format!("{error:#}")),
        },
    };
    let finished = db::jobs::finished(
        &app.pools.jobs,
        job,
        app.clock.now(),
        &pass.result,
        pass.error.as_deref(),
    )
    .await;
    match (&pass.error, finished) {
        (Some(error), _) => tracing::warn!(%job, error, result = %pass.result, "a job's pass had failures"),
        (None, Err(error)) => tracing::warn!(%job, %error, "a job's pass could not be written down"),
        (None, Ok(())) => tracing::debug!(%job, result = %pass.result, "a job's pass is done"),
    }
    pass
}
