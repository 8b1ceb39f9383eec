//! Registered resources as the API shows them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::db::window::Window;

/// A registered resource with its customer.
#[derive(Clone, Debug, FromRow)]
pub struct Resource {
    pub uuid: Uuid,
    pub customer_uuid: Uuid,
    pub customer_name: String,
    pub name: String,
    pub r#type: String,
    pub project_uuid: Option<Uuid>,
    pub project_name: String,
    pub service_uuid: Option<Uuid>,
    pub service_name: String,
    pub started_at: Option<DateTime<Utc>>,
    /// When it stopped consuming.
    pub terminated_at: Option<DateTime<Utc>>,
    /// When its subscriptions were ended in Kill Bill.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why Kill Bill could not be told about it lately.
    pub last_error: Option<String>,
    /// The names that Kill Bill has in another form, by custom field.
    pub told_names: Option<Json<BTreeMap<String, String>>>,
    /// Why it could not be told the names.
    pub telling_error: Option<String>,
    /// Tags on its customer's account in Kill Bill.
    pub account_tags: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Which resources a list shows.
#[derive(Clone, Debug, Default)]
pub struct ResourceFilter {
    /// Only of these customers; `None` is all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    /// Part of the name, whatever the case.
    pub name: Option<String>,
    pub r#type: Option<String>,
}

macro_rules! registered {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from resource r join customer c on c.id = r.customer_id left join service s on s.id = r.service_id
             left join lateral (
                 -- Of its subscriptions, one that was told plainer names, and one that could not be told.
                 select (array_agg(p.shown order by p.id) filter (where p.shown is not null))[1] as told_names,
                        max(p.telling_error) as telling_error
                 from subscription p where p.resource_id = r.id
             ) t on true ",
            $rest
        )
    };
}

macro_rules! columns {
    ($rest:literal) => {
        registered!(
            "r.uuid, c.uuid as customer_uuid, c.name as customer_name, r.name, r.type, r.project_uuid, r.project_name,
             s.uuid as service_uuid, r.service_name, r.started_at, r.terminated_at, r.ended_at, r.last_error,
             t.told_names, t.telling_error, c.account_tags, r.created_at, r.updated_at",
            $rest
        )
    };
}

/// The registered resource with that uuid.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<Resource>> {
    sqlx::query_as(columns!("where r.uuid = $1"))
        .bind(uuid)
        .fetch_optional(pool)
        .await
}

/// How many resources the filter shows.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &ResourceFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(registered!(
        "count(*)",
        "where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
           and ($3::text is null or strpos(lower(r.name), lower($3)) > 0) and ($4::text is null or r.type = $4)"
    ))
    .bind(&filter.visible)
    .bind(filter.customer)
    .bind(&filter.name)
    .bind(&filter.r#type)
    .fetch_one(pool)
    .await
}

/// The resources of one page, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &ResourceFilter, window: Window) -> sqlx::Result<Vec<Resource>> {
    sqlx::query_as(columns!(
        "where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
           and ($3::text is null or strpos(lower(r.name), lower($3)) > 0) and ($4::text is null or r.type = $4)
         order by r.name, r.id
         limit $5 offset $6"
    ))
    .bind(&filter.visible)
    .bind(filter.customer)
    .bind(&filter.name)
    .bind(&filter.r#type)
    .bind(window.limit)
    .bind(window.offset)
    .fetch_all(pool)
    .await
}
