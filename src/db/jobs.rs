//! The schedule (table `job`): what is due, what ran, how it ended. Replicas share it, so a due pass runs once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{FromRow, PgPool};

use crate::domain::job::Job;

/// A job's row; a job that never ran has none.
#[derive(Clone, Debug, FromRow)]
pub struct JobRow {
    pub name: Job,
    pub next_due_at: DateTime<Utc>,
    pub last_started: Option<DateTime<Utc>>,
    pub last_finished: Option<DateTime<Utc>>,
    pub last_failed: Option<bool>,
    pub last_result: Option<Value>,
    pub last_error: Option<String>,
    pub requested_at: Option<DateTime<Utc>>,
    pub paused_at: Option<DateTime<Utc>>,
    pub paused_by: Option<String>,
    pub pause_reason: Option<String>,
}

impl JobRow {
    /// Whether its pass was due before `now` and no worker took it; of a paused job none is due.
    #[must_use]
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.next_due_at < now && self.paused_at.is_none()
    }
}

/// Why a job is paused.
#[derive(Clone, Debug, FromRow)]
pub struct Pause {
    pub since: DateTime<Utc>,
    pub who: String,
    pub reason: String,
}

/// Takes the job's pass if it is due or was asked for, and sets the next one `every` from now.
/// `true` for exactly one of several replicas: the others find the row already moved on. A paused job has no pass.
///
/// # Errors
/// When the database fails.
pub async fn claim_due(pool: &PgPool, job: Job, now: DateTime<Utc>, every: Duration) -> sqlx::Result<bool> {
    let claimed = sqlx::query(
        "insert into job (name, next_due_at, last_started) values ($1, $2, $3)
         on conflict (name) do update
            set next_due_at = excluded.next_due_at, last_started = excluded.last_started, requested_at = null
          where job.paused_at is null and (job.next_due_at <= $3 or job.requested_at is not null)",
    )
    .bind(job)
    .bind(now + every)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Notes a pass that nobody scheduled, such as `run JOB` in the foreground. The schedule stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn started(pool: &PgPool, job: Job, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into job (name, next_due_at, last_started) values ($1, $2, $2)
         on conflict (name) do update set last_started = excluded.last_started",
    )
    .bind(job)
    .bind(now)
    .execute(pool)
    .await
    .map(|_| ())
}

/// Notes how a pass ended: what it did (even if part of it failed), and the failure.
///
/// # Errors
/// When the database fails.
pub async fn finished(
    pool: &PgPool,
    job: Job,
    now: DateTime<Utc>,
    result: &Value,
    error: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update job set last_finished = $2, last_failed = $4 is not null, last_result = $3, last_error = $4
          where name = $1",
    )
    .bind(job)
    .bind(now)
    .bind(result)
    .bind(error)
    .execute(pool)
    .await
    .map(|_| ())
}

/// Asks for a pass as soon as a worker is free.
///
/// # Errors
/// When the database fails.
pub async fn request(pool: &PgPool, job: Job, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into job (name, next_due_at, requested_at) values ($1, $2, $2)
         on conflict (name) do update set requested_at = excluded.requested_at",
    )
    .bind(job)
    .bind(now)
    .execute(pool)
    .await
    .map(|_| ())
}

/// The jobs that have ever run or been asked for; a row that another version left says nothing here.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool) -> sqlx::Result<Vec<JobRow>> {
    sqlx::query_as(
        "select name, next_due_at, last_started, last_finished, last_failed, last_result, last_error, requested_at, paused_at, paused_by,
                pause_reason
           from job where name = any($1)",
    )
    .bind(Job::ALL)
    .fetch_all(pool)
    .await
}

/// Pauses the job, or tells another reason for it: from now on it makes no pass. What a pass has in hand is finished.
///
/// # Errors
/// When the database fails.
pub async fn pause(pool: &PgPool, job: Job, who: &str, reason: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into job (name, next_due_at, paused_at, paused_by, pause_reason) values ($1, $2, $2, $3, $4)
         on conflict (name) do update set paused_at = coalesce(job.paused_at, excluded.paused_at),
            paused_by = excluded.paused_by, pause_reason = excluded.pause_reason",
    )
    .bind(job)
    .bind(now)
    .bind(who)
    .bind(reason)
    .execute(pool)
    .await
    .map(drop)
}

/// Lets the job go on. False when it was not paused.
///
/// # Errors
/// When the database fails.
pub async fn resume(pool: &PgPool, job: Job) -> sqlx::Result<bool> {
    let resumed = sqlx::query(
        "update job set paused_at = null, paused_by = null, pause_reason = null where name = $1 and paused_at is not null",
    )
    .bind(job)
    .execute(pool)
    .await?;
    Ok(resumed.rows_affected() == 1)
}

/// Whether and why the job is paused.
///
/// # Errors
/// When the database fails.
pub async fn paused(pool: &PgPool, job: Job) -> sqlx::Result<Option<Pause>> {
    sqlx::query_as(
        "select paused_at as since, paused_by as who, pause_reason as reason from job where name = $1 and paused_at is not null",
    )
    .bind(job)
    .fetch_optional(pool)
    .await
}
