//! Thresholds and limits of scopes: they hold for every month from when they are set.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::Author;
use crate::db::window::Window;
use crate::domain::estimate::ScopeKind;
use crate::domain::words::words;

words! {
    /// Which of the two.
    pub enum Bound = "bound of a scope" {
        /// Where people want to be warned.
        Threshold = "threshold",
        /// What they do not want to go beyond.
        Limit = "limit",
    }
}

/// What is set for a scope.
#[derive(Clone, Debug, FromRow)]
pub struct BoundRow {
    pub scope_type: ScopeKind,
    pub scope_uuid: Uuid,
    pub scope_name: String,
    pub customer_uuid: Uuid,
    pub threshold: Option<Decimal>,
    pub bound: Option<Decimal>,
    pub set_at: DateTime<Utc>,
    pub set_by: String,
}

/// Which scopes' bounds a list shows; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct BoundFilter {
    /// Only of these customers; `None` is all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    pub scope: Option<Uuid>,
}

macro_rules! bounds {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from estimate_bound b
             join customer c on c.id = b.customer_id
             join estimate_scope s on s.uuid = b.scope_uuid and s.customer_id = b.customer_id
             where case $1 when 'threshold' then b.threshold else b.bound end is not null
               and ($2::uuid[] is null or c.uuid = any($2)) and ($3::uuid is null or c.uuid = $3)
               and ($4::uuid is null or b.scope_uuid = $4) ",
            $rest
        )
    };
}

/// How many scopes have that bound, for paging.
///
/// # Errors
/// When the database fails.
pub async fn count_bounds(pool: &PgPool, bound: Bound, filter: &BoundFilter) -> sqlx::Result<i64> {
    let count = sqlx::query_scalar(bounds!("count(*)", "")).bind(bound);
    let count = count.bind(&filter.visible).bind(filter.customer).bind(filter.scope);
    count.fetch_one(pool).await
}

/// The scopes that have that bound, of one page, by kind and name.
///
/// # Errors
/// When the database fails.
pub async fn bounds(pool: &PgPool, bound: Bound, filter: &BoundFilter, window: Window) -> sqlx::Result<Vec<BoundRow>> {
    let page = sqlx::query_as(bounds!(
        "s.scope_type, b.scope_uuid, s.name as scope_name, c.uuid as customer_uuid, b.threshold, b.bound, b.set_at, b.set_by",
        "order by s.scope_type, s.name, b.scope_uuid limit $5 offset $6"
    ));
    let page = page.bind(bound).bind(&filter.visible).bind(filter.customer);
    let page = page.bind(filter.scope).bind(window.limit).bind(window.offset);
    page.fetch_all(pool).await
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
             on conflict (scope_uuid, customer_id) do update set threshold = excluded.threshold, set_at = excluded.set_at, set_by = excluded.set_by"
        }
        Bound::Limit => {
            "insert into estimate_bound (scope_uuid, customer_id, bound, set_at, set_by) values ($1, $2, $3, $4, $5)
             on conflict (scope_uuid, customer_id) do update set bound = excluded.bound, set_at = excluded.set_at, set_by = excluded.set_by"
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
