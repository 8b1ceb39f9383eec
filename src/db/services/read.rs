//! Registered services as the API shows them.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::db::window::Window;

/// A service with its customer.
#[derive(Clone, Debug, FromRow)]
pub struct Service {
    pub id: i64,
    pub uuid: Uuid,
    pub name: String,
    pub customer_uuid: Uuid,
    pub customer_name: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Which services a list shows.
#[derive(Clone, Debug, Default)]
pub struct ServiceFilter {
    /// Only of these customers; `None` is all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    /// Part of the name, whatever the case.
    pub name: Option<String>,
}

macro_rules! services {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from service s join customer c on c.id = s.customer_id
              where ($1::uuid[] is null or c.uuid = any($1)) ",
            $rest
        )
    };
}

macro_rules! columns {
    ($rest:literal) => {
        services!(
            "s.id, s.uuid, s.name, c.uuid as customer_uuid, c.name as customer_name, s.created_at, s.updated_at",
            $rest
        )
    };
}

/// The service with that uuid, if it is one of a customer in `visible` (`None` = all).
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid, visible: Option<&[Uuid]>) -> sqlx::Result<Option<Service>> {
    sqlx::query_as(columns!("and s.uuid = $2"))
        .bind(visible)
        .bind(uuid)
        .fetch_optional(pool)
        .await
}

/// How many services the filter shows.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &ServiceFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(services!(
        "count(*)",
        "and ($2::uuid is null or c.uuid = $2) and ($3::text is null or strpos(lower(s.name), lower($3)) > 0)"
    ))
    .bind(&filter.visible)
    .bind(filter.customer)
    .bind(&filter.name)
    .fetch_one(pool)
    .await
}

/// The services of one page, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &ServiceFilter, window: Window) -> sqlx::Result<Vec<Service>> {
    sqlx::query_as(columns!(
        "and ($2::uuid is null or c.uuid = $2) and ($3::text is null or strpos(lower(s.name), lower($3)) > 0)
         order by s.name, s.id limit $4 offset $5"
    ))
    .bind(&filter.visible)
    .bind(filter.customer)
    .bind(&filter.name)
    .bind(window.limit)
    .bind(window.offset)
    .fetch_all(pool)
    .await
}
