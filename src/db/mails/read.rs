//! The letters as operators see them.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::window::Window;
use crate::domain::mail::MailState;

/// Which letters a list shows.
#[derive(Clone, Debug, Default)]
pub struct MailFilter {
    pub state: Option<MailState>,
    pub customer: Option<Uuid>,
    pub invoice: Option<Uuid>,
}

/// A letter with its invoice and its customer.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MailRow {
    pub uuid: Uuid,
    pub invoice_uuid: Uuid,
    pub invoice_number: Option<String>,
    pub customer_uuid: Uuid,
    pub customer_name: String,
    pub asked_by: Option<String>,
    pub recipient: String,
    pub copies: Vec<String>,
    pub link: String,
    pub state: MailState,
    pub attempts: i32,
    pub next_attempt_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
    pub document_version: Option<i32>,
    pub detail: Option<String>,
}

/// How many there are.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &MailFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from mail_shown
         where ($1::text is null or state = $1) and ($2::uuid is null or customer_uuid = $2)
           and ($3::uuid is null or invoice_uuid = $3)",
    )
    .bind(filter.state)
    .bind(filter.customer)
    .bind(filter.invoice)
    .fetch_one(pool)
    .await
}

/// One page, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &MailFilter, window: Window) -> sqlx::Result<Vec<MailRow>> {
    sqlx::query_as(
        "select * from mail_shown
         where ($1::text is null or state = $1) and ($2::uuid is null or customer_uuid = $2)
           and ($3::uuid is null or invoice_uuid = $3)
         order by id desc limit $4 offset $5",
    )
    .bind(filter.state)
    .bind(filter.customer)
    .bind(filter.invoice)
    .bind(window.limit)
    .bind(window.offset)
    .fetch_all(pool)
    .await
}

/// One letter.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<MailRow>> {
    let query = sqlx::query_as("select * from mail_shown where uuid = $1").bind(uuid);
    query.fetch_optional(pool).await
}
