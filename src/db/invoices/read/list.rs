//! Invoices, filtered, ordered and paged as NodeConductor's clients do (nodeconductor.md 2.3).

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

/// An invoice with its customer's present names; `customer_snapshot` has those of the day it was first seen.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InvoiceRow {
    pub id: i64,
    pub uuid: Uuid,
    pub killbill_id: Uuid,
    pub number: Option<String>,
    /// Kill Bill's word: `DRAFT`, `COMMITTED`, `VOID`.
    pub status: String,
    pub currency: String,
    pub amount: Decimal,
    pub balance: Decimal,
    pub credit_adj: Decimal,
    pub refund_adj: Decimal,
    pub invoice_date: NaiveDate,
    pub target_date: Option<NaiveDate>,
    pub content_hash: Vec<u8>,
    pub first_seen_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub checked_at: Option<DateTime<Utc>>,
    /// `pending`, `balanced` or `discrepant`.
    pub verdict: String,
    pub customer_uuid: Uuid,
    pub customer_name: String,
    pub customer_native_name: String,
    pub customer_abbreviation: String,
    pub customer_snapshot: Value,
}

/// How a list is ordered; equal ones by age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    DateDescending,
    Date,
    Amount,
    AmountDescending,
    CustomerName,
    CustomerNameDescending,
    CustomerAbbreviation,
    CustomerAbbreviationDescending,
    CustomerNativeName,
    CustomerNativeNameDescending,
    Status,
    StatusDescending,
}

impl Order {
    /// Reads the `o` parameter: the historical names, raw ones such as `-customer__name` included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let (up, down) = match name.replace("__", "_").as_str() {
            "date" | "invoice_date" => (Self::Date, Self::DateDescending),
            "amount" => (Self::Amount, Self::AmountDescending),
            "customer_name" => (Self::CustomerName, Self::CustomerNameDescending),
            "customer_abbreviation" => (Self::CustomerAbbreviation, Self::CustomerAbbreviationDescending),
            "customer_native_name" => (Self::CustomerNativeName, Self::CustomerNativeNameDescending),
            "status" => (Self::Status, Self::StatusDescending),
            _ => return None,
        };
        Some(if descending { down } else { up })
    }

    const fn key(self) -> &'static str {
        match self {
            Self::DateDescending => "-date",
            Self::Date => "date",
            Self::Amount => "amount",
            Self::AmountDescending => "-amount",
            Self::CustomerName => "customer_name",
            Self::CustomerNameDescending => "-customer_name",
            Self::CustomerAbbreviation => "customer_abbreviation",
            Self::CustomerAbbreviationDescending => "-customer_abbreviation",
            Self::CustomerNativeName => "customer_native_name",
            Self::CustomerNativeNameDescending => "-customer_native_name",
            Self::Status => "status",
            Self::StatusDescending => "-status",
        }
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
    pub amount: Option<Decimal>,
    /// Kill Bill's word in any case, or `paid` / `unpaid`.
    pub status: Option<String>,
    pub currency: Option<String>,
    pub order: Order,
    pub limit: i64,
    pub offset: i64,
}

macro_rules! selected {
    ($what:literal, $rest:literal) => {
        concat!(
            "select ",
            $what,
            " from invoice i join customer c on c.id = i.customer_id
             where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
               and ($3::text is null or strpos(lower(c.name), lower($3)) > 0)
               and ($4::text is null or strpos(lower(c.native_name), lower($4)) > 0)
               and ($5::text is null or strpos(lower(c.abbreviation), lower($5)) > 0)
               and ($6::integer is null or extract(year from i.invoice_date) = $6)
               and ($7::integer is null or extract(month from i.invoice_date) = $7)
               and ($8::date is null or i.invoice_date = $8) and ($9::numeric is null or i.amount = $9)
               and ($10::text is null or lower(i.status) = lower($10)
                    or i.status = 'COMMITTED' and lower($10) = case when i.balance > 0 then 'unpaid' else 'paid' end)
               and ($11::text is null or i.currency = upper($11))",
            $rest
        )
    };
}

/// One page, and how many there are in all.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &InvoiceFilter) -> sqlx::Result<(Vec<InvoiceRow>, i64)> {
    const PAGE: &str = selected!(
        "i.*, c.uuid as customer_uuid, c.name as customer_name, c.native_name as customer_native_name, c.abbreviation as customer_abbreviation",
        " order by case $12 when 'date' then i.invoice_date end, case $12 when '-date' then i.invoice_date end desc,
                   case $12 when 'amount' then i.amount end, case $12 when '-amount' then i.amount end desc,
                   case $12 when 'customer_name' then c.name when 'customer_abbreviation' then c.abbreviation
                            when 'customer_native_name' then c.native_name when 'status' then i.status end,
                   case $12 when '-customer_name' then c.name when '-customer_abbreviation' then c.abbreviation
                            when '-customer_native_name' then c.native_name when '-status' then i.status end desc,
                   i.invoice_date desc, i.id desc
          limit $13 offset $14"
    );
    const COUNT: &str = selected!("count(*)", "");
    macro_rules! bound {
        ($query:expr) => {
            $query
                .bind(&filter.visible)
                .bind(filter.customer)
                .bind(&filter.customer_name)
                .bind(&filter.customer_native_name)
                .bind(&filter.customer_abbreviation)
                .bind(filter.year)
                .bind(filter.month)
                .bind(filter.date)
                .bind(filter.amount)
                .bind(&filter.status)
                .bind(&filter.currency)
        };
    }
    let total: i64 = bound!(sqlx::query_scalar(COUNT)).fetch_one(pool).await?;
    let page = bound!(sqlx::query_as(PAGE))
        .bind(filter.order.key())
        .bind(filter.limit)
        .bind(filter.offset);
    Ok((page.fetch_all(pool).await?, total))
}

/// One invoice, if it is one of a customer whom the caller may see (`None` = all).
///
/// # Errors
/// When the database fails.
pub async fn by_uuid(pool: &PgPool, uuid: Uuid, visible: Option<&[Uuid]>) -> sqlx::Result<Option<InvoiceRow>> {
    sqlx::query_as(
        "select i.*, c.uuid as customer_uuid, c.name as customer_name, c.native_name as customer_native_name,
                c.abbreviation as customer_abbreviation
         from invoice i join customer c on c.id = i.customer_id
         where i.uuid = $1 and ($2::uuid[] is null or c.uuid = any($2))",
    )
    .bind(uuid)
    .bind(visible)
    .fetch_optional(pool)
    .await
}
