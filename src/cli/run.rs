//! `run JOB`: one pass in the foreground, with a progress bar on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db;
use crate::db::jobs::Pause;
use crate::domain::job::Job;
use crate::jobs;

pub(super) async fn run(job: Job, settings: Settings) -> anyhow::Result<()> {
    let app = App::start(settings, Clock::System).await?;
    app::migrate(&app.settings).await?;
    app.note_issuer().await?;
    if let Some(Pause { since, who, reason }) = db::jobs::paused(&app.pools.jobs, job).await? {
        let since = since.to_rfc3339();
        anyhow::bail!(
            "{job} is paused since {since} by {who}: {reason}. Let it go on first: on the admin pages, or POST /api/jobs/{job}/resume/"
        );
    }
    // Draws nothing unless stderr is a terminal.
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len} {eta}")?);
    bar.set_message(job.word());
    let pass = jobs::run(&app, job, &|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    print(&format!("{job}: {}", pass.result));
    match pass.error {
        None => Ok(()),
        Some(error) => Err(anyhow::anyhow!("{job}: {error}")),
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(line: &str) {
    println!("{line}");
}
