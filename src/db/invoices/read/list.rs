//! Invoices, filtered, ordered and paged as NodeConductor's clients do (nodeconductor.md 2.3).

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use super::order::Order;
use super::standing::standing;
use crate::domain::invoice::InvoiceStatus;
use crate::domain::reconcile::Verdict;
use crate::domain::standing::{InvoiceState, Settled, Standing};

/// An invoice with its customer's present names; `customer_snapshot` has those of the day it was first seen.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InvoiceRow {
    pub id: i64,
    pub uuid: Uuid,
    pub killbill_id: Uuid,
    pub number: Option<String>,
    pub status: InvoiceStatus,
    pub currency: String,
    pub amount: Decimal,
    pub balance: Decimal,
    pub credit_adj: Decimal,
    pub refund_adj: Decimal,
    /// It has the tag WRITTEN_OFF.
    pub written_off: bool,
    /// What banks took back of its payments.
    pub charged_back: Decimal,
    /// The last attempt to collect it failed.
    pub payment_failed: bool,
    pub invoice_date: NaiveDate,
    pub target_date: Option<NaiveDate>,
    pub content_hash: Vec<u8>,
    pub first_seen_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub checked_at: Option<DateTime<Utc>>,
    pub verdict: Verdict,
    pub customer_uuid: Uuid,
    pub customer_name: String,
    pub customer_native_name: String,
    pub customer_abbreviation: String,
    pub customer_snapshot: Value,
    pub customer_updated_at: DateTime<Utc>,
    /// What of the amount is tax.
    pub tax: Decimal,
}

impl InvoiceRow {
    /// Where it stands: whether it is owed, and if not, why not.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let settled = Settled {
            status: self.status,
            written_off: self.written_off,
            amount: self.amount,
            balance: self.balance,
            refunded: self.refunded(),
            charged_back: self.charged_back,
            failed: self.payment_failed,
        };
        settled.standing()
    }

    /// What was given back of its payments. Kill Bill has one figure for that and what banks took back.
    #[must_use]
    pub fn refunded(&self) -> Decimal {
        -self.refund_adj - self.charged_back
    }

    /// When anything about it last changed here: itself, its verdict, its customer's names.
    #[must_use]
    pub fn modified_at(&self) -> DateTime<Utc> {
        let checked = self.checked_at.unwrap_or(self.changed_at);
        self.changed_at.max(checked).max(self.customer_updated_at)
    }
}

/// Which invoices; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct InvoiceFilter {
    /// Customers whom the caller may see; `None` = all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    /// Substrings, case does not matter.
    pub customer_name: Option<String>,
    pub customer_native_name: Option<String>,
    pub customer_abbreviation: Option<String>,
    pub year: Option<i32>,
    pub month: Option<i32>,
    pub date: Option<NaiveDate>,
    /// The day on which it was first seen here.
    pub created: Option<NaiveDate>,
    /// First invoice date.
    pub start: Option<NaiveDate>,
    /// First invoice date that is not wanted any more.
    pub end: Option<NaiveDate>,
    pub amount: Option<Decimal>,
    /// Inclusive, both.
    pub min_amount: Option<Decimal>,
    pub max_amount: Option<Decimal>,
    /// Kill Bill's word or that of a standing, in small letters; `unpaid` is all that is owed.
    pub status: Option<String>,
    /// Any of these of the later frontends' states.
    pub states: Option<Vec<InvoiceState>>,
    /// Kill Bill's number.
    pub number: Option<String>,
    pub currency: Option<String>,
    /// The first counts; each next one orders those that are equal so far. None: by age.
    pub orders: Vec<Order>,
    pub limit: i64,
    pub offset: i64,
}

macro_rules! selected {
    ($($what:tt)+) => {
        concat!(
            "select ",
            $($what)+,
            " from invoice i join customer c on c.id = i.customer_id
             where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
               and ($3::text is null or strpos(lower(c.name), lower($3)) > 0)
               and ($4::text is null or strpos(lower(c.native_name), lower($4)) > 0)
               and ($5::text is null or strpos(lower(c.abbreviation), lower($5)) > 0)
               and ($6::integer is null or extract(year from i.invoice_date) = $6)
               and ($7::integer is null or extract(month from i.invoice_date) = $7)
               and ($8::date is null or i.invoice_date = $8) and ($9::numeric is null or i.amount = $9)
               and ($10::text is null or $10 = lower(i.status) or $10 = 'unpaid' and i.status not in ('DRAFT', 'VOID') and i.balance > 0 or $10 = ", standing!(), ")
               and ($11::text is null or i.currency = upper($11))
               and ($12::date is null or i.invoice_date >= $12) and ($13::date is null or i.invoice_date < $13)
               and ($14::numeric is null or i.amount >= $14) and ($15::numeric is null or i.amount <= $15)
               and ($16::text is null or i.number = $16)
               and ($17::text[] is null or case ", standing!(), " when 'draft' then 'pending' when 'paid' then 'paid'
                    when 'void' then 'canceled' when 'written_off' then 'canceled'
                    else case when i.balance > 0 then 'created' else 'canceled' end end = any($17))
               and ($18::date is null or (i.first_seen_at at time zone 'UTC')::date = $18) "
        )
    };
}

macro_rules! columns {
    () => {
        "i.*, c.uuid as customer_uuid, c.name as customer_name, c.native_name as customer_native_name,
         c.abbreviation as customer_abbreviation, c.updated_at as customer_updated_at,
         (select coalesce(sum(x.amount), 0) from invoice_item x
          where x.invoice_id = i.id and x.kind = 'tax' and x.gone_at is null) as tax"
    };
}

macro_rules! bound {
    ($query:expr, $filter:expr) => {
        $query
            .bind(&$filter.visible)
            .bind($filter.customer)
            .bind(&$filter.customer_name)
            .bind(&$filter.customer_native_name)
            .bind(&$filter.customer_abbreviation)
            .bind($filter.year)
            .bind($filter.month)
            .bind($filter.date)
            .bind($filter.amount)
            .bind(&$filter.status)
            .bind(&$filter.currency)
            .bind($filter.start)
            .bind($filter.end)
            .bind($filter.min_amount)
            .bind($filter.max_amount)
            .bind(&$filter.number)
            .bind(&$filter.states)
            .bind($filter.created)
    };
}

/// How many there are.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &InvoiceFilter) -> sqlx::Result<i64> {
    const COUNT: &str = selected!("count(*)");
    bound!(sqlx::query_scalar(COUNT), filter).fetch_one(pool).await
}

/// When anything about any invoice last changed here. A list with a filter has this date too: an invoice that leaves it
/// changes it, and is none of it any more.
///
/// # Errors
/// When the database fails.
pub async fn last_change(pool: &PgPool) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar(
        "select greatest(max(changed_at), max(checked_at), (select max(updated_at) from customer)) from invoice",
    )
    .fetch_one(pool)
    .await
}

/// One page.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &InvoiceFilter) -> sqlx::Result<Vec<InvoiceRow>> {
    const ROWS: &str = selected!(columns!());
    // The order is one of a closed list, never the client's text.
    let page = AssertSqlSafe(format!(
        "{ROWS} order by {} limit $19 offset $20",
        Order::sql(&filter.orders)
    ));
    bound!(sqlx::query_as(page), filter)
        .bind(filter.limit)
        .bind(filter.offset)
        .fetch_all(pool)
        .await
}

/// One invoice, if it is one of a customer whom the caller may see (`None` = all).
///
/// # Errors
/// When the database fails.
pub async fn by_uuid(pool: &PgPool, uuid: Uuid, visible: Option<&[Uuid]>) -> sqlx::Result<Option<InvoiceRow>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from invoice i join customer c on c.id = i.customer_id
          where i.uuid = $1 and ($2::uuid[] is null or c.uuid = any($2))"
    ))
    .bind(uuid)
    .bind(visible)
    .fetch_optional(pool)
    .await
}
