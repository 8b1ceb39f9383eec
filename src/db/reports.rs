//! What the annual report is made of: sums of the mirrored invoices, one row per customer, month and currency; and their
//! sum over all customers.

use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::report::Invoiced;

/// Which invoices a report covers; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct ReportFilter {
    /// Customers whom the caller may see; `None` = all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    /// Of the invoice date.
    pub year: Option<i32>,
}

/// Currency, customer, name, year, month, invoices; amount, owed, written off.
type SumsRow = (String, Uuid, String, i32, i32, i64, Decimal, Decimal, Decimal);

/// The sums, of invoices that count: neither drafts nor voided ones.
///
/// # Errors
/// When the database fails.
pub async fn invoiced(pool: &PgPool, filter: &ReportFilter) -> sqlx::Result<Vec<Invoiced>> {
    let rows: Vec<SumsRow> = sqlx::query_as(
        "select i.currency, c.uuid, c.name, extract(year from i.invoice_date)::integer, extract(month from i.invoice_date)::integer,
                count(*), sum(i.amount), sum(i.balance), coalesce(sum(left_open.amount), 0)
         from invoice i join customer c on c.id = i.customer_id
         left join lateral (
             -- Kill Bill's balance of it is zero: what was charged, less credits and what was paid and not given back.
             select i.amount - i.refund_adj
                    + (select coalesce(sum(x.amount), 0) from invoice_item x
                       where x.invoice_id = i.id and x.item_type = 'CBA_ADJ' and x.gone_at is null)
                    - (select coalesce(sum(p.purchased + p.charged_back), 0) from invoice_payment p where p.invoice_id = i.id) as amount
         ) left_open on i.written_off
         where i.status = 'COMMITTED' and ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
           and ($3::integer is null or extract(year from i.invoice_date) = $3)
         group by 1, 2, 3, 4, 5
         order by 1, 3 desc, 2, 4 desc, 5 desc",
    )
    .bind(&filter.visible)
    .bind(filter.customer)
    .bind(filter.year)
    .fetch_all(pool)
    .await?;
    let invoiced = |(currency, customer, name, year, month, invoices, amount, owed, written_off)| Invoiced {
        currency,
        customer,
        name,
        year,
        month: i32::unsigned_abs(month),
        invoices,
        amount,
        owed,
        written_off,
    };
    Ok(rows.into_iter().map(invoiced).collect())
}

/// Which invoices of all customers to add up; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct CostFilter {
    /// Of the invoice date.
    pub year: Option<i32>,
    pub month: Option<i32>,
    /// Part of it, whatever the case.
    pub customer_name: Option<String>,
}

/// What was invoiced in one currency.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Cost {
    pub currency: String,
    pub total: Decimal,
    /// What of it is tax.
    pub tax: Decimal,
}

/// The sums by currency, of invoices that count as in [`invoiced`].
///
/// # Errors
/// When the database fails.
pub async fn costs(pool: &PgPool, filter: &CostFilter) -> sqlx::Result<Vec<Cost>> {
    sqlx::query_as(
        "select i.currency, sum(i.amount) as total,
                sum((select coalesce(sum(x.amount), 0) from invoice_item x
                     where x.invoice_id = i.id and x.kind = 'tax' and x.gone_at is null)) as tax
         from invoice i join customer c on c.id = i.customer_id
         where i.status = 'COMMITTED' and ($1::integer is null or extract(year from i.invoice_date) = $1)
           and ($2::integer is null or extract(month from i.invoice_date) = $2)
           and ($3::text is null or strpos(lower(c.name), lower($3)) > 0)
         group by 1 order by 1",
    )
    .bind(filter.year)
    .bind(filter.month)
    .bind(&filter.customer_name)
    .fetch_all(pool)
    .await
}
