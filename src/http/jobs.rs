//! `/api/jobs/`: the periodic work. When each job last ran, what it did, what is due next, and a way to ask for a pass.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{MayReadAll, Staff};
use super::extract::{Json, Path};
use super::form::Form;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::jobs::{self, JobRow};
use crate::domain::job::{Job, JobState};
use crate::domain::text;

/// A periodic job.
#[derive(Serialize, ToSchema)]
pub struct JobView {
    url: String,
    name: Job,
    state: JobState,
    next_due_at: Option<DateTime<Utc>>,
    /// Whether it is due and no worker has taken it.
    overdue: bool,
    /// A pass that somebody asked for and that has not begun.
    requested_at: Option<DateTime<Utc>>,
    last_started: Option<DateTime<Utc>>,
    last_finished: Option<DateTime<Utc>>,
    /// What the last pass did.
    #[schema(value_type = Option<Object>)]
    last_result: Option<serde_json::Value>,
    last_error: Option<String>,
    /// Since when somebody has it paused: it makes no pass, and none is late.
    paused_at: Option<DateTime<Utc>>,
    paused_by: Option<String>,
    pause_reason: Option<String>,
}

/// Why a job is paused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// Stands beside the job until it goes on.
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "Kill Bill is being upgraded"
    )]
    reason: String,
}

/// All jobs, in the order in which they depend on each other.
#[utoipa::path(get, path = "/api/jobs/", tag = "jobs", params(PageParams), responses(
    (status = OK, description = "Every job, also one that has never run.", body = [JobView]),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(_: MayReadAll, State(state): State<AppState>, links: Links, page: Page) -> Answer<Response> {
    let rows = jobs::list(&state.pool).await?;
    let listing = page.of(i64::try_from(Job::ALL.len()).unwrap_or_default())?;
    let now = state.clock.now();
    let jobs = listing.window().of(Job::ALL);
    let jobs: Vec<JobView> = jobs
        .iter()
        .map(|job| view(&links, *job, row(&rows, *job), now))
        .collect();
    Ok(listing.respond(jobs))
}

/// Ask for one pass of a job now.
#[utoipa::path(post, path = "/api/jobs/{job}/run/", tag = "jobs",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("job" = Job, Path, description = "Which job")),
    responses(
        (status = ACCEPTED, description = "A worker takes it as soon as one is free.", body = JobView),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such job."),
        (status = CONFLICT, description = "It is paused.")))]
pub async fn run(
    _: Staff,
    State(state): State<AppState>,
    links: Links,
    Path(name): Path<String>,
) -> Answer<(StatusCode, axum::Json<JobView>)> {
    let job = name.parse::<Job>().map_err(|_| Problem::not_found())?;
    if jobs::paused(&state.pool, job).await?.is_some() {
        return Err(Problem::conflict(
            "paused",
            "The job is paused: nothing of it runs until it is resumed.",
        ));
    }
    state.request(job).await?;
    Ok((StatusCode::ACCEPTED, one(&state, &links, job).await?))
}

/// Pause a job: it makes no pass, on its timer, when it is asked for or by hand, until it is resumed.
///
/// What a pass has in hand is finished. Of `deliver`, usage is taken in as ever and nothing of it goes to Kill Bill. A job
/// that is paused already gets the new reason.
#[utoipa::path(post, path = "/api/jobs/{job}/pause/", tag = "jobs",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("job" = Job, Path, description = "Which job")), request_body = PauseBody,
    responses(
        (status = OK, description = "Paused.", body = JobView),
        (status = BAD_REQUEST, description = "The reason is missing or too long."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such job.")))]
pub async fn pause(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Path(name): Path<String>,
    Json(body): Json<PauseBody>,
) -> Answer<axum::Json<JobView>> {
    let job = name.parse::<Job>().map_err(|_| Problem::not_found())?;
    let mut form = Form::default();
    let reason = form.take("reason", text::name(&body.reason, 255));
    form.done()?;
    jobs::pause(&state.pool, job, &caller.name, &reason, state.clock.now()).await?;
    one(&state, &links, job).await
}

/// Resume a paused job, and ask for a pass at once. A job that is not paused stays as it is.
#[utoipa::path(post, path = "/api/jobs/{job}/resume/", tag = "jobs",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("job" = Job, Path, description = "Which job")),
    responses(
        (status = OK, description = "It goes on.", body = JobView),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such job.")))]
pub async fn resume(
    _: Staff,
    State(state): State<AppState>,
    links: Links,
    Path(name): Path<String>,
) -> Answer<axum::Json<JobView>> {
    let job = name.parse::<Job>().map_err(|_| Problem::not_found())?;
    if jobs::resume(&state.pool, job).await? {
        state.request(job).await?;
    }
    one(&state, &links, job).await
}

async fn one(state: &AppState, links: &Links, job: Job) -> Answer<axum::Json<JobView>> {
    let rows = jobs::list(&state.pool).await?;
    Ok(axum::Json(view(links, job, row(&rows, job), state.clock.now())))
}

fn row(rows: &[JobRow], job: Job) -> Option<JobRow> {
    rows.iter().find(|row| row.name == job).cloned()
}

fn view(links: &Links, job: Job, row: Option<JobRow>, now: DateTime<Utc>) -> JobView {
    JobView {
        url: links.to(&format!("/api/jobs/{job}/run/")),
        name: job,
        state: state_of(row.as_ref()),
        next_due_at: row.as_ref().map(|row| row.next_due_at),
        overdue: row.as_ref().is_some_and(|row| row.is_overdue(now)),
        requested_at: row.as_ref().and_then(|row| row.requested_at),
        last_started: row.as_ref().and_then(|row| row.last_started),
        last_finished: row.as_ref().and_then(|row| row.last_finished),
        last_error: row.as_ref().and_then(|row| row.last_error.clone()),
        paused_at: row.as_ref().and_then(|row| row.paused_at),
        paused_by: row.as_ref().and_then(|row| row.paused_by.clone()),
        pause_reason: row.as_ref().and_then(|row| row.pause_reason.clone()),
        last_result: row.and_then(|row| row.last_result),
    }
}

/// Started after it last finished means that it runs (or that its process died; then it is overdue soon).
fn state_of(row: Option<&JobRow>) -> JobState {
    match row {
        Some(JobRow {
            last_started: Some(started),
            last_finished,
            ..
        }) if last_finished.is_none_or(|finished| finished < *started) => JobState::Running,
        Some(JobRow {
            last_failed: Some(true),
            ..
        }) => JobState::Failed,
        Some(JobRow {
            last_failed: Some(false),
            ..
        }) => JobState::Ok,
        None | Some(JobRow { last_failed: None, .. }) => JobState::NeverRun,
    }
}
