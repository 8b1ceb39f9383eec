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
    if let Some(pause) = db::jobs::paused(&app.pools.jobs, job).await? {
        anyhow::bail!("{}", paused(job, &pause));
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

fn paused(job: Job, pause: &Pause) -> String {
    format!(
        "{job} is paused since {} by {}: {}. Let it go on first: on the admin pages, or POST /api/jobs/{job}/resume/",
        pause.paused_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        pause.paused_by.as_deref().unwrap_or_default(),
        pause.pause_reason.as_deref().unwrap_or_default(),
    )
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(line: &str) {
    println!("{line}");
}
