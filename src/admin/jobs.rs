//! The jobs on the first page: how each went, and the buttons that run one now, pause it and let it go on.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::ask::{Answered, Asker};
use super::column::{instant, text_at, tone};
use super::form::Form;
use super::frame::Visit;
use super::problem::{Failure, Shown, particulars};
use super::state::AdminState;
use super::view;
use crate::domain::job::{Job, JobAct};

/// A job as the first page has it.
pub(super) struct JobView {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) last: String,
    pub(super) next: String,
    pub(super) error: String,
    pub(super) result: String,
    /// Since when, by whom and why it is paused; empty while it is not.
    pub(super) paused: String,
}

/// The jobs of the API's answer.
pub(super) fn views(jobs: &Value) -> Result<Vec<JobView>, Failure> {
    jobs.as_array().into_iter().flatten().map(JobView::new).collect()
}

/// Does what is asked of a job; a pause has its reason in the form.
pub(super) async fn act(
    State(state): State<AdminState>,
    visit: Visit,
    asker: Asker,
    Path((job, act)): Path<(String, String)>,
    Form(fields): Form,
) -> Shown {
    visit.person.acting()?;
    let (Ok(job), Ok(act)) = (job.parse::<Job>(), act.parse::<JobAct>()) else {
        return Err(Failure::not_found());
    };
    let body = (act == JobAct::Pause).then(|| json!({ "reason": fields.get("reason") }));
    let Answered { status, body, .. } = asker.post(&format!("/api/jobs/{job}/{act}/"), body.as_ref()).await?;
    let said = if status.is_success() {
        format!("{job}: {}", visit.texts.say(done(act)))
    } else {
        particulars(&body).join(" ")
    };
    visit.say_next(status.is_success(), said).await?;
    Ok(view::go(&state, ""))
}

const fn done(act: JobAct) -> &'static str {
    match act {
        JobAct::Run => "a worker takes it as soon as one is free.",
        JobAct::Pause => "it is paused; what is under way is finished.",
        JobAct::Resume => "it goes on.",
    }
}

impl JobView {
    fn new(job: &Value) -> Result<Self, Failure> {
        let state = text_at(job, "state")?;
        let late = job.get("overdue").and_then(Value::as_bool).unwrap_or_default();
        Ok(Self {
            name: text_at(job, "name")?,
            tone: tone(&state),
            last: instant(&text_at(job, "last_finished")?),
            next: if late {
                String::new()
            } else {
                instant(&text_at(job, "next_due_at")?)
            },
            error: text_at(job, "last_error")?,
            result: result(job.get("last_result")),
            paused: paused(job)?,
            state,
        })
    }
}

/// What a pass did, without what it did not.
fn result(result: Option<&Value>) -> String {
    let counts = result.and_then(Value::as_object).into_iter().flatten();
    let counts = counts.filter(|(_, count)| count.as_i64().is_some_and(|count| count != 0));
    counts
        .map(|(what, count)| format!("{count} {}", what.replace('_', " ")))
        .collect::<Vec<_>>()
        .join(", ")
}

fn paused(job: &Value) -> Result<String, Failure> {
    let at = text_at(job, "paused_at")?;
    if at.is_empty() {
        return Ok(at);
    }
    let (by, reason) = (text_at(job, "paused_by")?, text_at(job, "pause_reason")?);
    Ok(format!("{} · {by} · {reason}", instant(&at)))
}
