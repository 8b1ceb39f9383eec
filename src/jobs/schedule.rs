//! Runs the jobs in `serve`: on their timers, when they are woken, and when somebody asked for a pass.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::db;
use crate::domain::job::Job;

/// How often the table is looked at for a pass that another replica's API was asked for.
const GLANCE: Duration = Duration::from_secs(5);

/// Runs `job` until `stop`; a pass under way is finished first.
///
/// # Errors
/// Never: failures are written down and tried again at the next pass.
pub async fn schedule(app: App, job: Job, stop: CancellationToken) -> anyhow::Result<()> {
    let every = every(&app, job);
    let mut woken = false;
    while !stop.is_cancelled() {
        match its_turn(&app, job, every, woken).await {
            Ok(true) => drop(super::run(&app, job, &|_, _| ()).await),
            Ok(false) => {}
            Err(error) => tracing::warn!(%job, %error, "the table of jobs cannot be read"),
        }
        woken = tokio::select! {
            () = stop.cancelled() => false,
            () = app.signals.woken(job) => true,
            () = tokio::time::sleep(every.min(GLANCE)) => false,
        };
    }
    Ok(())
}

/// Whether a pass is due or was woken for. Whatever asks for one: while a person has it paused, there is none.
async fn its_turn(app: &App, job: Job, every: Duration, woken: bool) -> sqlx::Result<bool> {
    let pool = &app.pools.jobs;
    let due = db::jobs::claim_due(pool, job, app.clock.now(), every).await?;
    Ok(due || woken && db::jobs::paused(pool, job).await?.is_none())
}

fn every(app: &App, job: Job) -> Duration {
    match job {
        Job::Deliver => app.settings.delivery.every,
        Job::SyncPrices => app.settings.sync.prices_every,
        Job::SyncInvoices => app.settings.sync.invoices_every,
        Job::Reconcile => app.settings.sync.reconcile_every,
        Job::Estimates => app.settings.sync.estimates_every,
        // Without a mail server there is nothing to do, and that is told once an hour.
        Job::Mail => app
            .settings
            .mail
            .as_ref()
            .map_or(Duration::from_hours(1), |mail| mail.every),
    }
}
