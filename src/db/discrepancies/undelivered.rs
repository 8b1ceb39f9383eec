//! Deliveries that are not known to have arrived, and that somebody should look at: Kill Bill fails on them, or its answers are
//! lost again and again, its sums leave it open, or it refused them.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::deliveries::unclear;
use crate::domain::reconcile::{DiscrepancyKind, Finding};

/// Attempts that may come to nothing before somebody should look.
const PATIENCE: i32 = 3;

/// One unit of such a delivery.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Undelivered {
    pub delivery_id: i64,
    pub delivery_uuid: Uuid,
    pub tracking_id: String,
    pub resource: String,
    pub month: NaiveDate,
    pub plan: String,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
    /// What was said last.
    pub detail: String,
    pub unit: String,
    /// In Kill Bill's unit.
    pub amount: Decimal,
    /// Looked up since it was last sent, and still nobody knows: it is not sent again by itself.
    pub in_doubt: bool,
    /// Kill Bill will not take it.
    pub refused: bool,
}

/// What Kill Bill was offered in vain, or may have twice, unit by unit.
///
/// # Errors
/// When the database fails.
pub async fn undelivered(pool: &PgPool) -> sqlx::Result<Vec<Undelivered>> {
    sqlx::query_as(concat!(
        "select d.id as delivery_id, d.uuid as delivery_uuid, d.tracking_id, r.name as resource, d.month, s.plan, d.attempts,
                d.created_at, coalesce(d.detail, '') as detail, u.unit, sum(u.amount) as amount, ",
        unclear!(),
        " as in_doubt, d.state = 'refused' as refused
         from delivery d
         join subscription s on s.id = d.subscription_id
         join resource r on r.id = s.resource_id
         join delivery_unit u on u.delivery_id = d.id
         where d.state = 'refused' or d.state in ('prepared', 'sending', 'unknown') and (d.attempts >= $1 or ",
        unclear!(),
        ")
         group by d.id, s.plan, r.name, u.unit order by d.id, u.unit",
    ))
    .bind(PATIENCE)
    .fetch_all(pool)
    .await
}

/// Opens and refreshes what was found, closes what is no longer so.
///
/// # Errors
/// When the database fails; nothing is written then.
pub async fn settle_undelivered(
    pool: &PgPool,
    found: &[(i64, Finding)],
    currency: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    for (delivery_id, finding) in found {
        sqlx::query(
            "insert into discrepancy (uuid, subject, kind, delivery_id, amount, currency, detail, next_step, opened_at, seen_at)
             values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $8)
             on conflict (subject, kind) where closed_at is null do update set
                 amount = excluded.amount, detail = excluded.detail, next_step = excluded.next_step, seen_at = excluded.seen_at",
        )
        .bind(&finding.subject)
        .bind(finding.difference.kind)
        .bind(delivery_id)
        .bind(finding.difference.amount)
        .bind(currency)
        .bind(&finding.difference.detail)
        .bind(finding.difference.kind.next_step())
        .bind(now)
        .execute(&mut *tx)
        .await?;
    }
    let open = found.iter().map(|(_, finding)| finding);
    let (subjects, kinds): (Vec<&str>, Vec<DiscrepancyKind>) = open
        .map(|finding| (finding.subject.as_str(), finding.difference.kind))
        .unzip();
    sqlx::query(
        "update discrepancy set closed_at = $3
         where kind in ('undelivered', 'in-doubt', 'refused') and closed_at is null
           and (subject, kind) not in (select * from unnest($1::text[], $2::text[]))",
    )
    .bind(&subjects)
    .bind(&kinds)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}
