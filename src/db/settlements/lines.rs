//! The lines of a settlement, as they were fixed.

use crate::domain::settlement::Class;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

/// One line.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    pub id: i64,
    pub position: i32,
    pub resource_uuid: Uuid,
    pub resource_name: String,
    pub meter: String,
    pub plan: String,
    /// Kill Bill's unit; none where the price is a monthly one.
    pub unit: Option<String>,
    pub class: Class,
    pub period_start: NaiveDate,
    pub period_end: NaiveDate,
    pub records: i32,
    pub quantity: Decimal,
    pub rate: Option<Decimal>,
    pub monthly: Option<Decimal>,
    pub divisor: Option<Decimal>,
    pub value: Decimal,
    pub total: Decimal,
    pub moved: Decimal,
    pub amount: Decimal,
    pub description: String,
}

/// All lines of a settlement, in order.
///
/// # Errors
/// When the database fails.
pub async fn lines(pool: &PgPool, settlement_id: i64) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as(
        "select l.*, r.uuid as resource_uuid, r.name as resource_name, m.name as meter
         from settlement_line l join resource r on r.id = l.resource_id join meter m on m.id = l.meter_id
         where l.settlement_id = $1 order by l.position",
    )
    .bind(settlement_id)
    .fetch_all(pool)
    .await
}
