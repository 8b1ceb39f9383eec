//! Settlements that were posted and stand on no invoice any more (somebody voided it), and those that stand still.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::settlement::{Direction, SettlementState};

/// A settlement whose money is not where it should be.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AstraySettlement {
    pub uuid: Uuid,
    pub mark: String,
    pub direction: Direction,
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
pub async fn missing_settlements(pool: &PgPool) -> sqlx::Result<Vec<AstraySettlement>> {
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

/// A charge or a credit that is not posted, although it should be by now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StandingSettlement {
    #[sqlx(flatten)]
    pub settlement: AstraySettlement,
    pub records: i32,
    pub state: SettlementState,
    pub created_at: DateTime<Utc>,
    /// What was said last, of it or of the one that it waits behind.
    pub detail: String,
}

/// What Kill Bill refused, and what was fixed before `since` and is not posted.
///
/// # Errors
/// When the database fails.
pub async fn standing_settlements(pool: &PgPool, since: DateTime<Utc>) -> sqlx::Result<Vec<StandingSettlement>> {
    sqlx::query_as(
        "select s.uuid, s.mark, s.direction, s.month, s.amount, s.currency, s.records, s.state, s.created_at,
                c.id as customer_id, c.name as customer_name, coalesce(c.settling_error, s.detail, first.detail, '') as detail
         from settlement s join customer c on c.id = s.customer_id
         left join lateral (select o.detail from settlement o where o.customer_id = c.id and o.state <> 'posted'
                            order by o.id limit 1) first on true
         where s.state = 'refused' or (s.state <> 'posted' and s.created_at < $1)
         order by s.id",
    )
    .bind(since)
    .fetch_all(pool)
    .await
}

/// A customer whose corrections could not even be made into settlements, again and again.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StandingCustomer {
    pub id: i64,
    pub uuid: Uuid,
    pub name: String,
    /// Of the latest invoice: there is nothing to correct before one.
    pub currency: String,
    pub failures: i32,
    pub error: String,
}

/// Failures that may come to nothing before somebody should look.
const PATIENCE: i32 = 3;

/// Such customers without a settlement that tells it already; a parked account is named by itself.
///
/// # Errors
/// When the database fails.
pub async fn standing_customers(pool: &PgPool) -> sqlx::Result<Vec<StandingCustomer>> {
    sqlx::query_as(
        "select id, uuid, name, settling_failures as failures, settling_error as error,
                coalesce((select currency from invoice where customer_id = c.id order by id desc limit 1), '') as currency
         from customer c
         where settling_error is not null and settling_failures >= $1 and parked_since is null
           and not exists (select from settlement where customer_id = c.id and state <> 'posted')
         order by id",
    )
    .bind(PATIENCE)
    .fetch_all(pool)
    .await
}
