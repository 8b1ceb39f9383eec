//! Deliveries that are not known to have arrived, and that somebody should look at: Kill Bill fails on them, or its answers are
//! lost again and again, its sums leave it open, or it refused them.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::deliveries::unclear;

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
