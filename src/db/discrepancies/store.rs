//! Writes discrepancies: seen again, one is refreshed; no longer seen, it closes; coming back, it opens anew.

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
    pub delivery_id: Option<i64>,
    pub customer_id: Option<i64>,
    pub resource_id: Option<i64>,
    /// Half-open.
    pub hours: Option<(DateTime<Utc>, DateTime<Utc>)>,
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
    for one in found {
        open(&mut tx, one, now).await?;
    }
    let (subjects, found_kinds): (Vec<&str>, Vec<DiscrepancyKind>) = found
        .iter()
        .map(|one| (one.finding.subject.as_str(), one.finding.difference.kind))
        .unzip();
    sqlx::query(
        "update discrepancy set closed_at = $4
         where closed_at is null and kind = any($1)
           and (subject, kind) not in (select * from unnest($2::text[], $3::text[]))",
    )
    .bind(kinds)
    .bind(&subjects)
    .bind(&found_kinds)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

async fn open(tx: &mut PgConnection, found: &Found, now: DateTime<Utc>) -> sqlx::Result<()> {
    let Found {
        finding,
        currency,
        about,
    } = found;
    sqlx::query(
        "insert into discrepancy (uuid, subject, kind, delivery_id, customer_id, resource_id, hour_from, hour_until,
                                  amount, currency, detail, next_step, opened_at, seen_at)
         values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
         on conflict (subject, kind) where closed_at is null do update set
             amount = excluded.amount, detail = excluded.detail, next_step = excluded.next_step, seen_at = excluded.seen_at,
             customer_id = excluded.customer_id, resource_id = excluded.resource_id, hour_from = excluded.hour_from,
             hour_until = excluded.hour_until",
    )
    .bind(&finding.subject)
    .bind(finding.difference.kind)
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
    .execute(tx)
    .await?;
    Ok(())
}
