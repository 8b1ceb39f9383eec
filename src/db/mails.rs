//! Table `mail`, the outbox of letters: which are to go, whose turn it is, and what came of them. A letter's text goes over the
//! line only after that is written down, so that no crash makes a second one.

mod read;
mod settle;

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::settings;

pub use read::{MailFilter, MailRow, count, find, list};
pub use settle::{Outcome, RetryError, begun, bounced, lost, retry, settled};

/// Under this name `setting` has the instant since which invoices go out by themselves.
const SINCE: &str = "mail_issued_since";

/// A letter to be.
#[derive(Clone, Copy, Debug)]
pub struct NewMail<'a> {
    pub invoice_id: i64,
    /// None: by itself.
    pub asked_by: Option<&'a str>,
    pub recipient: &'a str,
    pub copies: &'a [String],
    pub link: &'a str,
}

/// A letter whose turn it is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Mail {
    pub id: i64,
    pub uuid: Uuid,
    pub invoice: Uuid,
    pub recipient: String,
    pub copies: Vec<String>,
    pub link: String,
    /// This one counts.
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
}

/// Puts a letter into the outbox; none when the invoice has gone out by itself before.
///
/// # Errors
/// When the database fails.
pub async fn put(pool: &PgPool, new: NewMail<'_>, now: DateTime<Utc>) -> sqlx::Result<Option<(i64, Uuid)>> {
    sqlx::query_as(
        "insert into mail (uuid, invoice_id, asked_by, recipient, copies, link, state, next_attempt_at, created_at)
         values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7)
         on conflict (invoice_id) where asked_by is null do nothing
         returning id, uuid",
    )
    .bind(Uuid::now_v7())
    .bind(new.invoice_id)
    .bind(new.asked_by)
    .bind(new.recipient)
    .bind(new.copies)
    .bind(new.link)
    .bind(now)
    .fetch_optional(pool)
    .await
}

/// Since when invoices go out by themselves: from now on, when they did not before.
///
/// # Errors
/// When the database fails.
pub async fn switched_on(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<DateTime<Utc>> {
    let since = settings::shared(pool, SINCE, &now.to_rfc3339()).await?;
    since.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// They do not any more.
///
/// # Errors
/// When the database fails.
pub async fn switched_off(pool: &PgPool) -> sqlx::Result<()> {
    let forget = sqlx::query("delete from setting where name = $1").bind(SINCE);
    forget.execute(pool).await.map(drop)
}

/// An invoice that is to go out by itself, with its customer's address.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Issued {
    pub id: i64,
    pub uuid: Uuid,
    pub email: Option<String>,
}

/// Invoices that were seen first since then, are owed something at all, add up, and have not gone out; some at a time.
///
/// # Errors
/// When the database fails.
pub async fn issued(pool: &PgPool, since: DateTime<Utc>) -> sqlx::Result<Vec<Issued>> {
    sqlx::query_as(
        "select i.id, i.uuid, nullif(c.email, '') as email from invoice i join customer c on c.id = i.customer_id
         where i.first_seen_at >= $1 and i.status = 'COMMITTED' and i.amount > 0 and i.verdict = 'balanced'
           and not exists (select from mail m where m.invoice_id = i.id and m.asked_by is null)
         order by i.id limit 500",
    )
    .bind(since)
    .fetch_all(pool)
    .await
}

/// The letters whose turn has come.
///
/// # Errors
/// When the database fails.
pub async fn due(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "select id from mail where state = 'waiting' and next_attempt_at <= $1 order by next_attempt_at, id",
    )
    .bind(now)
    .fetch_all(pool)
    .await
}

/// Takes a letter until then; none when it is somebody else's turn.
///
/// # Errors
/// When the database fails.
pub async fn take(pool: &PgPool, id: i64, now: DateTime<Utc>, until: DateTime<Utc>) -> sqlx::Result<Option<Mail>> {
    sqlx::query_as(
        "update mail m set attempts = m.attempts + 1, next_attempt_at = $3
         from invoice i
         where m.id = $1 and i.id = m.invoice_id and m.state = 'waiting' and m.next_attempt_at <= $2
         returning m.id, m.uuid, i.uuid as invoice, m.recipient, m.copies, m.link, m.attempts, m.created_at",
    )
    .bind(id)
    .bind(now)
    .bind(until)
    .fetch_optional(pool)
    .await
}
