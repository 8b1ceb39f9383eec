//! Invoice lines across invoices: the list behind `/api/invoice-items/`, page by page or batch by batch.

use chrono::NaiveDate;
use sqlx::PgPool;
use uuid::Uuid;

use super::items::ItemRow;
use super::standing::standing;
use crate::db::window::Window;
use crate::domain::invoice::{InvoiceStatus, ItemKind};
use crate::domain::standing::Standing;

/// A line with the invoice that it stands on.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LineRow {
    #[sqlx(flatten)]
    pub item: ItemRow,
    pub invoice_uuid: Uuid,
    pub invoice_number: Option<String>,
    pub invoice_date: NaiveDate,
    pub invoice_status: InvoiceStatus,
    pub invoice_standing: Standing,
    pub customer_uuid: Uuid,
    pub customer_name: String,
}

/// Which lines; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct LineFilter {
    /// Customers whom the caller may see; `None` = all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    pub invoice: Option<Uuid>,
    pub resource: Option<Uuid>,
    pub project: Option<Uuid>,
    pub kind: Option<ItemKind>,
    /// Of the invoice.
    pub status: Option<InvoiceStatus>,
    pub meter: Option<String>,
    pub currency: Option<String>,
    /// Of the invoice date.
    pub year: Option<i32>,
    pub month: Option<i32>,
    /// First invoice date, inclusive.
    pub start: Option<NaiveDate>,
    /// Last invoice date, exclusive.
    pub end: Option<NaiveDate>,
}

/// The place of a line among all: invoices in the order in which they were first seen, lines in Kill Bill's.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineKey(i64, i32, i64);

impl LineKey {
    /// The place of `row`.
    #[must_use]
    pub const fn of(row: &LineRow) -> Self {
        Self(row.item.invoice_id, row.item.position, row.item.id)
    }

    const FIRST: Self = Self(0, i32::MIN, 0);
}

macro_rules! lines {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from invoice_item x
              join invoice i on i.id = x.invoice_id
              join customer c on c.id = i.customer_id
              left join resource r on r.id = x.resource_id
              cross join lateral (select ",
            standing!(),
            " as invoice_standing) stands
             where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
               and ($3::uuid is null or i.uuid = $3) and ($4::uuid is null or r.uuid = $4)
               and ($5::uuid is null or x.project_uuid = $5) and ($6::text is null or x.kind = $6)
               and ($7::text is null or x.meter = $7) and ($8::text is null or x.currency = upper($8))
               and ($9::integer is null or extract(year from i.invoice_date) = $9)
               and ($10::integer is null or extract(month from i.invoice_date) = $10)
               and ($11::date is null or i.invoice_date >= $11) and ($12::date is null or i.invoice_date < $12)
               and ($13::text is null or i.status = $13) ",
            $rest
        )
    };
}

macro_rules! columns {
    ($rest:literal) => {
        lines!(
            "x.*, (select l.class from settlement_line l where l.id = x.settlement_line_id) as settlement_class,
             r.uuid as resource_uuid, r.type as resource_type, i.uuid as invoice_uuid, i.number as invoice_number,
             i.invoice_date, i.status as invoice_status, invoice_standing, c.uuid as customer_uuid, c.name as customer_name,
             (select u.factor from subscription s join delivery d on d.subscription_id = s.id join delivery_unit u on u.delivery_id = d.id
              where s.killbill_id = x.subscription_killbill_id and u.unit = x.unit limit 1) as factor",
            $rest
        )
    };
}

macro_rules! bound {
    ($query:expr, $filter:expr) => {
        $query
            .bind(&$filter.visible)
            .bind($filter.customer)
            .bind($filter.invoice)
            .bind($filter.resource)
            .bind($filter.project)
            .bind($filter.kind)
            .bind(&$filter.meter)
            .bind(&$filter.currency)
            .bind($filter.year)
            .bind($filter.month)
            .bind($filter.start)
            .bind($filter.end)
            .bind($filter.status)
    };
}

/// How many lines there are, for paging.
///
/// # Errors
/// When the database fails.
pub async fn count_lines(pool: &PgPool, filter: &LineFilter) -> sqlx::Result<i64> {
    bound!(sqlx::query_scalar(lines!("count(*)", "")), filter)
        .fetch_one(pool)
        .await
}

/// The lines of one page.
///
/// # Errors
/// When the database fails.
pub async fn page_of_lines(pool: &PgPool, filter: &LineFilter, window: Window) -> sqlx::Result<Vec<LineRow>> {
    let page = columns!("order by x.invoice_id, x.position, x.id limit $14 offset $15");
    bound!(sqlx::query_as(page), filter)
        .bind(window.limit)
        .bind(window.offset)
        .fetch_all(pool)
        .await
}

/// At most `limit` lines after `after`; `None` = from the first on.
///
/// # Errors
/// When the database fails.
pub async fn batch_of_lines(
    pool: &PgPool,
    filter: &LineFilter,
    after: Option<LineKey>,
    limit: i64,
) -> sqlx::Result<Vec<LineRow>> {
    let LineKey(invoice, position, id) = after.unwrap_or(LineKey::FIRST);
    let batch = columns!(
        "and (x.invoice_id, x.position, x.id) > ($14, $15, $16) order by x.invoice_id, x.position, x.id limit $17"
    );
    bound!(sqlx::query_as(batch), filter)
        .bind(invoice)
        .bind(position)
        .bind(id)
        .bind(limit)
        .fetch_all(pool)
        .await
}
