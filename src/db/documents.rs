//! Rendered documents, one version for each state of an invoice. A version is written once and never changed: what was
//! issued stays as it was, whatever is renamed or configured later.

use crate::domain::words::words;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

words! {
    /// Which of an invoice's documents.
    pub enum DocumentKind = "kind of document" {
        Invoice = "invoice",
        Usage = "usage",
    }
}

/// A document as it was rendered.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredPdf {
    pub pdf: Vec<u8>,
    /// Counts from 1 for each invoice and kind.
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

/// A document that has just been rendered.
#[derive(Clone, Copy, Debug)]
pub struct NewPdf<'a> {
    pub invoice_id: i64,
    pub kind: DocumentKind,
    /// Digest of the invoice that it shows.
    pub content_hash: &'a [u8],
    pub pdf: &'a [u8],
    pub now: DateTime<Utc>,
}

/// The document of the invoice in the state that `content_hash` stands for.
///
/// # Errors
/// When the database fails.
pub async fn find(
    pool: &PgPool,
    invoice_id: i64,
    kind: DocumentKind,
    content_hash: &[u8],
) -> sqlx::Result<Option<StoredPdf>> {
    let mut connection = pool.acquire().await?;
    of_state(&mut connection, invoice_id, kind, content_hash).await
}

/// One version.
///
/// # Errors
/// When the database fails.
pub async fn version(
    pool: &PgPool,
    invoice_id: i64,
    kind: DocumentKind,
    version: i32,
) -> sqlx::Result<Option<StoredPdf>> {
    sqlx::query_as(
        "select pdf, version, created_at from invoice_document where invoice_id = $1 and kind = $2 and version = $3",
    )
    .bind(invoice_id)
    .bind(kind)
    .bind(version)
    .fetch_optional(pool)
    .await
}

/// All versions with the instants at which they were made, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn versions(pool: &PgPool, invoice_id: i64, kind: DocumentKind) -> sqlx::Result<Vec<(i32, DateTime<Utc>)>> {
    sqlx::query_as(
        "select version, created_at from invoice_document where invoice_id = $1 and kind = $2 order by version",
    )
    .bind(invoice_id)
    .bind(kind)
    .fetch_all(pool)
    .await
}

/// Keeps a document as the next version. When another process has stored the same state meanwhile, its version is
/// returned instead. `None`, and nothing is stored, when the invoice has changed since: the document may mix two states.
///
/// # Errors
/// When the database fails.
pub async fn store(pool: &PgPool, new: NewPdf<'_>) -> sqlx::Result<Option<StoredPdf>> {
    let mut tx = pool.begin().await?;
    // The row is the latch against other renderings and against the sync.
    let current: Vec<u8> = sqlx::query_scalar("select content_hash from invoice where id = $1 for no key update")
        .bind(new.invoice_id)
        .fetch_one(&mut *tx)
        .await?;
    if current != new.content_hash {
        return Ok(None);
    }
    if let Some(earlier) = of_state(&mut tx, new.invoice_id, new.kind, new.content_hash).await? {
        return Ok(Some(earlier));
    }
    let stored = sqlx::query_as(
        "insert into invoice_document (invoice_id, kind, version, content_hash, pdf, created_at)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5 from invoice_document where invoice_id = $1 and kind = $2
         returning pdf, version, created_at",
    )
    .bind(new.invoice_id)
    .bind(new.kind)
    .bind(new.content_hash)
    .bind(new.pdf)
    .bind(new.now)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Some(stored))
}

async fn of_state(
    connection: &mut PgConnection,
    invoice_id: i64,
    kind: DocumentKind,
    content_hash: &[u8],
) -> sqlx::Result<Option<StoredPdf>> {
    sqlx::query_as(
        "select pdf, version, created_at from invoice_document
         where invoice_id = $1 and kind = $2 and content_hash = $3 order by version limit 1",
    )
    .bind(invoice_id)
    .bind(kind)
    .bind(content_hash)
    .fetch_optional(connection)
    .await
}

/// Items whose subscription ended during their last day: Kill Bill's end date is then that day, not the first one after.
///
/// # Errors
/// When the database fails.
pub async fn cut_short(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "select x.uuid from invoice_item x join subscription s on s.killbill_id = x.subscription_killbill_id
         where x.invoice_id = $1 and s.billing_end::date = x.end_date and s.billing_end > x.end_date::timestamptz",
    )
    .bind(invoice_id)
    .fetch_all(pool)
    .await
}
