//! Usage that Kill Bill took and will never bill: it looks two billing periods back from the last one it billed for the
//! subscription, and says nothing about what is older (killbill.md 4.5). Told by Kill Bill's own dates, not by our clock.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::price::Tariff;
use crate::domain::reconcile::Finding;

/// One unit of a delivery that no invoice lists.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Unbilled {
    pub delivery_id: i64,
    pub delivery_uuid: Uuid,
    pub tracking_id: String,
    pub month: NaiveDate,
    pub plan: String,
    pub unit: String,
    /// In Kill Bill's unit.
    pub amount: Decimal,
    pub currency: String,
}

/// Delivered usage of months that lie behind Kill Bill's look-back.
///
/// # Errors
/// When the database fails.
pub async fn unbilled(pool: &PgPool) -> sqlx::Result<Vec<Unbilled>> {
    sqlx::query_as(
        "with open as materialized (
             select d.* from delivery d where d.invoice_id is null and d.state in ('delivered', 'verified')
         ),
         billed as (
             select s.id, max(x.end_date) as through, max(x.currency) as currency
             from subscription s
             join invoice_item x on x.subscription_killbill_id = s.killbill_id and x.item_type = 'USAGE' and x.gone_at is null
             join invoice i on i.id = x.invoice_id and i.status = 'COMMITTED'
             where s.id in (select subscription_id from open)
             group by s.id
         )
         select d.id as delivery_id, d.uuid as delivery_uuid, d.tracking_id, d.month, s.plan, u.unit, sum(u.amount) as amount, b.currency
         from open d
         join billed b on b.id = d.subscription_id and d.month + interval '3 months' <= b.through
         join subscription s on s.id = d.subscription_id
         join delivery_unit u on u.delivery_id = d.id
         group by d.id, d.uuid, d.tracking_id, d.month, s.plan, u.unit, b.currency
         having sum(u.amount) <> 0
         order by d.id, u.unit",
    )
    .fetch_all(pool)
    .await
}

/// The prices that the plans' usage ever had, newest first.
///
/// # Errors
/// When the database fails.
pub async fn tariffs(pool: &PgPool, plans: &[String], currency: &str) -> sqlx::Result<Vec<Tariff>> {
    crate::db::evidence::tariffs(pool, plans, currency).await
}

/// Opens and refreshes what was found, closes what was not.
///
/// # Errors
/// When the database fails; nothing is written then.
pub async fn settle_unbilled(pool: &PgPool, found: &[(Unbilled, Finding)], now: DateTime<Utc>) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    for (unbilled, finding) in found {
        sqlx::query(
            "insert into discrepancy (uuid, subject, kind, delivery_id, amount, currency, detail, next_step, opened_at, seen_at)
             values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $8)
             on conflict (subject, kind) where closed_at is null do update set
                 amount = excluded.amount, detail = excluded.detail, next_step = excluded.next_step, seen_at = excluded.seen_at",
        )
        .bind(&finding.subject)
        .bind(finding.difference.kind.word())
        .bind(unbilled.delivery_id)
        .bind(finding.difference.amount)
        .bind(&unbilled.currency)
        .bind(&finding.difference.detail)
        .bind(finding.difference.kind.next_step())
        .bind(now)
        .execute(&mut *tx)
        .await?;
    }
    let subjects: Vec<&str> = found.iter().map(|(_, finding)| finding.subject.as_str()).collect();
    sqlx::query(
        "update discrepancy set closed_at = $2
         where kind = 'never-billed' and closed_at is null and subject <> all($1)",
    )
    .bind(&subjects)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}
