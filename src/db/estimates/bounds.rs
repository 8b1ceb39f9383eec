//! Thresholds and limits of scopes: they hold for every month from when they are set.

use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::Author;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Where people want to be warned.
    Threshold,
    /// What they do not want to go beyond.
    Limit,
}

/// Sets a bound of a scope; `None` takes it away.
///
/// # Errors
/// When the database fails.
pub async fn set_bound(
    pool: &PgPool,
    author: Author<'_>,
    (scope, customer_id): (Uuid, i64),
    bound: Bound,
    value: Option<Decimal>,
) -> sqlx::Result<()> {
    let statement = match bound {
        Bound::Threshold => {
            "insert into estimate_bound (scope_uuid, customer_id, threshold, set_at, set_by) values ($1, $2, $3, $4, $5)
             on conflict (scope_uuid) do update set threshold = excluded.threshold, set_at = excluded.set_at, set_by = excluded.set_by"
        }
        Bound::Limit => {
            "insert into estimate_bound (scope_uuid, customer_id, bound, set_at, set_by) values ($1, $2, $3, $4, $5)
             on conflict (scope_uuid) do update set bound = excluded.bound, set_at = excluded.set_at, set_by = excluded.set_by"
        }
    };
    sqlx::query(statement)
        .bind(scope)
        .bind(customer_id)
        .bind(value)
        .bind(author.now)
        .bind(author.name)
        .execute(pool)
        .await
        .map(drop)
}
