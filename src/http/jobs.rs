//! `/api/jobs/`: the periodic work. When each job last ran, what it did, what is due next, and a way to ask for a pass.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::{MayReadAll, Staff};
use super::extract::Path;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::jobs::{self, JobRow};
use crate::domain::job::{Job, JobState};

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
        (status = NOT_FOUND, description = "No such job.")))]
pub async fn run(
    _: Staff,
    State(state): State<AppState>,
    links: Links,
    Path(name): Path<String>,
) -> Answer<(StatusCode, axum::Json<JobView>)> {
    let job = name.parse::<Job>().map_err(|_| Problem::not_found())?;
    state.request(job).await?;
    let rows = jobs::list(&state.pool).await?;
    Ok((
        StatusCode::ACCEPTED,
        axum::Json(view(&links, job, row(&rows, job), state.clock.now())),
    ))
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
        overdue: row.as_ref().is_some_and(|row| row.next_due_at < now),
        requested_at: row.as_ref().and_then(|row| row.requested_at),
        last_started: row.as_ref().and_then(|row| row.last_started),
        last_finished: row.as_ref().and_then(|row| row.last_finished),
        last_error: row.as_ref().and_then(|row| row.last_error.clone()),
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
