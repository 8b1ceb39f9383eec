//! What invoices say of customers' months, and what of them waits for one.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::domain::estimate::Billed;
use crate::domain::month::Month;

#[derive(sqlx::FromRow)]
pub(super) struct BilledRow {
    pub customer_id: i64,
    pub resource_id: Option<i64>,
    label: String,
    is_fee: bool,
    currency: String,
    amount: Decimal,
    pub billed_until: Option<NaiveDate>,
}

/// Of committed invoices, by the month in which the charged period begins. Credits are no cost, they settle one; except
/// our own, which take back what was charged.
pub(super) async fn billed(pool: &PgPool, month: Month, customers: &[i64]) -> sqlx::Result<Vec<BilledRow>> {
    sqlx::query_as(
        "select i.customer_id, x.resource_id, coalesce(x.meter, x.kind) as label, x.kind in ('recurring', 'fixed') as is_fee,
                x.currency, sum(x.amount) as amount, max(x.end_date) filter (where x.kind = 'usage') as billed_until
         from invoice_item x join invoice i on i.id = x.invoice_id
         where i.customer_id = any($2) and i.status = 'COMMITTED' and x.gone_at is null
           and (x.kind <> 'credit' or x.settlement_line_id is not null)
           and coalesce(x.start_date, i.invoice_date) >= $1 and coalesce(x.start_date, i.invoice_date) < $1 + interval '1 month'
         group by 1, 2, 3, 4, 5
         order by 1, 2, 3, 4, 5",
    )
    .bind(month.first_day())
    .bind(customers)
    .fetch_all(pool)
    .await
}

impl From<BilledRow> for Billed {
    fn from(row: BilledRow) -> Self {
        Self {
            label: row.label,
            is_fee: row.is_fee,
            currency: row.currency,
            amount: row.amount,
        }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct WaitingRow {
    pub customer_id: i64,
    pub resource_id: Option<i64>,
    pub records: i64,
    /// It will be in an invoice by itself.
    pub is_awaited: bool,
}

/// What no invoice has yet.
pub(super) async fn waiting(pool: &PgPool, month: Month, customers: &[i64]) -> sqlx::Result<Vec<WaitingRow>> {
    sqlx::query_as("select * from estimate_waiting($1) where customer_id = any($2)")
        .bind(month.first_day())
        .bind(customers)
        .fetch_all(pool)
        .await
}
