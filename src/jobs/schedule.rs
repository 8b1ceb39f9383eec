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
        match db::jobs::claim_due(&app.pools.jobs, job, app.clock.now(), every).await {
            Ok(due) if due || woken => {
                super::run(&app, job, &|_, _| ()).await;
            }
            Ok(_) => {}
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
