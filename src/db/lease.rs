//! Leases of rows, resources' and customers': what is alike of the two whatever the table. The statements, with their
//! columns, stand in `outbox` and `settlements`.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

/// Nobody has delivery paused: only then a lease is given. Usage and settlements are both its work.
macro_rules! delivery_goes_on {
    () => {
        "not exists (select from job where job.name = 'deliver' and job.paused_at is not null)"
    };
}
pub(in crate::db) use delivery_goes_on;

/// Why a lease is given back, and until when its row rests; none is given back in peace. Without an instant it was not
/// the row that failed, and it is tried again at the next pass.
pub type Failure<'a> = Option<(&'a str, Option<DateTime<Utc>>)>;

/// Runs a statement that takes row `$1` for `$2` at `$3` until `$4`, unless somebody else has it.
pub(super) async fn take<T>(
    pool: &PgPool,
    statement: &'static str,
    id: i64,
    owner: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<Option<T>>
where
    T: for<'row> FromRow<'row, PgRow> + Send + Unpin,
{
    let query = sqlx::query_as(statement).bind(id).bind(owner).bind(now).bind(until);
    query.fetch_optional(pool).await
}

/// Runs a statement that keeps row `$1` for `$2` at `$3` until `$4`; false when it is not theirs any more.
pub(super) async fn keep(
    pool: &PgPool,
    statement: &'static str,
    id: i64,
    owner: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let query = sqlx::query(statement).bind(id).bind(owner).bind(now).bind(until);
    Ok(query.execute(pool).await?.rows_affected() == 1)
}

/// Runs a statement that takes row `$1` from `$2`, with what failed as `$3`; it rests until `$4`.
pub(super) async fn give_back(
    pool: &PgPool,
    statement: &'static str,
    id: i64,
    owner: Uuid,
    failure: Failure<'_>,
) -> sqlx::Result<()> {
    let (text, rests_until) = failure.map_or((None, None), |(text, at)| (Some(text), at));
    let query = sqlx::query(statement).bind(id).bind(owner).bind(text).bind(rests_until);
    query.execute(pool).await.map(drop)
}
