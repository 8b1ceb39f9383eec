//! Settlements that were posted and stand on no invoice any more: somebody voided it.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

/// One of them.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MissingSettlement {
    pub uuid: Uuid,
    pub mark: String,
    pub direction: String,
    pub month: NaiveDate,
    pub amount: Decimal,
    pub currency: String,
    pub customer_id: i64,
    pub customer_name: String,
}

/// What was posted before the customer's invoices were last read, and was not found there.
///
/// # Errors
/// When the database fails.
pub async fn missing_settlements(pool: &PgPool) -> sqlx::Result<Vec<MissingSettlement>> {
    sqlx::query_as(
        "select s.uuid, s.mark, s.direction, s.month, s.amount, s.currency, c.id as customer_id, c.name as customer_name
         from settlement s join customer c on c.id = s.customer_id left join invoice i on i.id = s.invoice_id
         where s.state = 'posted' and s.direction <> 'nothing' and c.invoices_read_at > s.settled_at
           and (i.id is null or i.status = 'VOID')
         order by s.id",
    )
    .fetch_all(pool)
    .await
}
