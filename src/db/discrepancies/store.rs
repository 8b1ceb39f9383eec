//! Writes discrepancies: seen again, one is refreshed; no longer seen, it closes; coming back, it opens anew. One that somebody
//! accepted is open again as soon as it is worth something else.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use crate::domain::reconcile::{DiscrepancyKind, Finding};

/// A finding that is not about one invoice, with what it is about.
#[derive(Clone, Debug)]
pub struct Found {
    pub finding: Finding,
    pub currency: String,
    pub about: Subject,
}

impl Found {
    /// About a delivery.
    #[must_use]
    pub fn of_delivery(delivery_id: i64, finding: Finding, currency: impl Into<String>) -> Self {
        Self {
            finding,
            currency: currency.into(),
            about: Subject {
                delivery_id: Some(delivery_id),
                ..Subject::default()
            },
        }
    }

    /// About a customer as a whole.
    #[must_use]
    pub fn of_customer(customer_id: i64, finding: Finding, currency: impl Into<String>) -> Self {
        Self {
            finding,
            currency: currency.into(),
            about: Subject {
                customer_id: Some(customer_id),
                ..Subject::default()
            },
        }
    }
}

/// Rows that a discrepancy leads to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    pub invoice_id: Option<i64>,
    pub item_id: Option<i64>,
    pub delivery_id: Option<i64>,
    pub customer_id: Option<i64>,
    pub resource_id: Option<i64>,
    /// Half-open.
    pub hours: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// What was looked at: whatever is open of it and was not found again, is no more.
#[derive(Clone, Copy, Debug)]
pub(in crate::db) enum Looked<'a> {
    Kinds(&'a [DiscrepancyKind]),
    /// All that is about the invoice, but for what is about a delivery.
    Invoice(i64),
    /// Every subject that begins so.
    Subjects(&'a str),
}

/// Makes the open discrepancies of these kinds be exactly what was found.
///
/// # Errors
/// When the database fails; nothing is written then.
pub async fn settle_kinds(
    pool: &PgPool,
    kinds: &[DiscrepancyKind],
    found: &[Found],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    settle(&mut tx, Looked::Kinds(kinds), found, now).await?;
    tx.commit().await
}

/// The same inside a transaction, of whatever was looked at.
pub(in crate::db) async fn settle(
    db: &mut PgConnection,
    looked: Looked<'_>,
    found: &[Found],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    for one in found {
        write(db, one, None, now).await?;
    }
    close_others(db, looked, found, now).await
}

/// Writes down one that is over as soon as it is known: a person decided so.
pub(in crate::db) async fn write_closed(db: &mut PgConnection, one: &Found, now: DateTime<Utc>) -> sqlx::Result<()> {
    write(db, one, Some(now), now).await
}

async fn write(
    db: &mut PgConnection,
    found: &Found,
    closed_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let Found {
        finding,
        currency,
        about,
    } = found;
    sqlx::query(
        "insert into discrepancy (uuid, subject, kind, invoice_id, item_id, delivery_id, customer_id, resource_id, hour_from, hour_until,
                                  amount, currency, detail, next_step, opened_at, seen_at, closed_at)
         values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15)
         on conflict (subject, kind) where closed_at is null do update set
             accepted_at = case when discrepancy.amount = excluded.amount then discrepancy.accepted_at end,
             accepted_by = case when discrepancy.amount = excluded.amount then discrepancy.accepted_by end,
             accepted_reason = case when discrepancy.amount = excluded.amount then discrepancy.accepted_reason end,
             amount = excluded.amount, detail = excluded.detail, next_step = excluded.next_step, seen_at = excluded.seen_at,
             customer_id = excluded.customer_id, resource_id = excluded.resource_id, hour_from = excluded.hour_from,
             hour_until = excluded.hour_until",
    )
    .bind(&finding.subject)
    .bind(finding.difference.kind)
    .bind(about.invoice_id)
    .bind(about.item_id)
    .bind(about.delivery_id)
    .bind(about.customer_id)
    .bind(about.resource_id)
    .bind(about.hours.map(|(from, _)| from))
    .bind(about.hours.map(|(_, until)| until))
    .bind(finding.difference.amount)
    .bind(currency)
    .bind(&finding.difference.detail)
    .bind(finding.difference.kind.next_step())
    .bind(now)
    .bind(closed_at)
    .execute(db)
    .await
    .map(drop)
}

macro_rules! close_others {
    ($looked:literal) => {
        concat!(
            "update discrepancy set closed_at = $1
             where closed_at is null and (subject, kind) not in (select * from unnest($2::text[], $3::text[])) and ",
            $looked
        )
    };
}

async fn close_others(
    db: &mut PgConnection,
    looked: Looked<'_>,
    found: &[Found],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (subjects, kinds): (Vec<&str>, Vec<DiscrepancyKind>) = found
        .iter()
        .map(|one| (one.finding.subject.as_str(), one.finding.difference.kind))
        .unzip();
    let statement = match looked {
        Looked::Kinds(_) => close_others!("kind = any($4)"),
        Looked::Invoice(_) => close_others!("invoice_id = $4 and delivery_id is null"),
        Looked::Subjects(_) => close_others!("starts_with(subject, $4)"),
    };
    let query = sqlx::query(statement).bind(now).bind(subjects).bind(kinds);
    let query = match looked {
        Looked::Kinds(kinds) => query.bind(kinds),
        Looked::Invoice(id) => query.bind(id),
        Looked::Subjects(prefix) => query.bind(prefix),
    };
    query.execute(db).await.map(drop)
}
