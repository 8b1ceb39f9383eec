//! Discrepancies as the API reads them: filtered, ordered, paged, each with the customer and resource that it is about.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::db::window::Window;
use crate::domain::reconcile::{DiscrepancyKind, DiscrepancyState};
use crate::domain::words::words;

/// A discrepancy with what it is about.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DiscrepancyRow {
    pub uuid: Uuid,
    pub state: DiscrepancyState,
    pub subject: String,
    pub kind: DiscrepancyKind,
    pub invoice_uuid: Option<Uuid>,
    pub invoice_number: Option<String>,
    pub item_uuid: Option<Uuid>,
    pub delivery_uuid: Option<Uuid>,
    pub resource_uuid: Option<Uuid>,
    pub resource_name: Option<String>,
    pub customer_uuid: Option<Uuid>,
    pub customer_name: Option<String>,
    pub hour_from: Option<DateTime<Utc>>,
    pub hour_until: Option<DateTime<Utc>>,
    /// Charged minus what should have been charged.
    pub amount: Decimal,
    pub currency: String,
    pub detail: String,
    pub next_step: String,
    pub opened_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    /// When, by whom and why it was accepted as it is.
    pub accepted_at: Option<DateTime<Utc>>,
    pub accepted_by: Option<String>,
    pub accepted_reason: Option<String>,
}

/// Which ones to list; empty means all.
#[derive(Clone, Debug, Default)]
pub struct DiscrepancyFilter {
    pub state: Option<DiscrepancyState>,
    pub kinds: Option<Vec<DiscrepancyKind>>,
    /// Notices alone, or everything else.
    pub notices: Option<bool>,
    pub customer: Option<Uuid>,
    pub resource: Option<Uuid>,
    pub invoice: Option<Uuid>,
    pub delivery: Option<Uuid>,
}

words! {
    /// In which order; open ones always come first, then those that are accepted, then those that are closed.
    #[derive(Default)]
    pub enum DiscrepancyOrder = "order of discrepancies" {
        /// The latest first.
        #[default]
        Newest = "-opened",
        Oldest = "opened",
        /// The largest amount first, whatever its sign.
        Amount = "-amount",
        Kind = "kind",
    }
}

impl DiscrepancyOrder {
    const fn sql(self) -> &'static str {
        match self {
            Self::Newest => "opened_at desc, id desc",
            Self::Oldest => "opened_at, id",
            Self::Amount => "abs(amount) desc, id desc",
            Self::Kind => "kind, opened_at desc, id desc",
        }
    }
}

// Hours that differ from Kill Bill name their subscription in the subject (`usage:{subscription}/{hour}/{unit}`), estimates
// their customer (`estimate:{customer}`).
const ROWS: &str = "
    select * from (
        select x.id, x.uuid, x.subject, x.kind, i.id as invoice_id, i.uuid as invoice_uuid, i.number as invoice_number,
               t.uuid as item_uuid, d.uuid as delivery_uuid, r.uuid as resource_uuid, r.name as resource_name,
               c.uuid as customer_uuid, c.name as customer_name, x.hour_from, x.hour_until,
               x.amount, x.currency, x.detail, x.next_step, x.opened_at, x.seen_at, x.closed_at,
               x.accepted_at, x.accepted_by, x.accepted_reason,
               case when x.closed_at is not null then 'closed' when x.accepted_at is not null then 'accepted' else 'open' end as state
        from discrepancy x
        left join invoice i on i.id = x.invoice_id
        left join invoice_item t on t.id = x.item_id
        left join delivery d on d.id = x.delivery_id
        left join subscription s on s.id = d.subscription_id
        left join subscription h on h.killbill_id = case when starts_with(x.subject, 'usage:') then substr(x.subject, 7, 32)::uuid end
        left join resource r on r.id = coalesce(x.resource_id, t.resource_id, s.resource_id, h.resource_id)
        left join customer e on e.uuid = case when starts_with(x.subject, 'estimate:') then substr(x.subject, 10, 32)::uuid end
        left join customer c on c.id = coalesce(x.customer_id, i.customer_id, r.customer_id, e.id)
    ) found
    where ($1::text is null or state = $1) and ($2::text[] is null or kind = any($2))
      and ($3::uuid is null or customer_uuid = $3) and ($4::uuid is null or resource_uuid = $4)
      and ($5::uuid is null or invoice_uuid = $5) and ($6::uuid is null or delivery_uuid = $6)";

/// The words are our own and without quotes.
fn noticed(filter: &DiscrepancyFilter) -> String {
    let words = DiscrepancyKind::ALL
        .iter()
        .filter(|kind| kind.is_notice())
        .map(|kind| kind.word());
    let words = words.collect::<Vec<_>>().join(",");
    match filter.notices {
        None => String::new(),
        Some(true) => format!(" and kind = any('{{{words}}}')"),
        Some(false) => format!(" and kind <> all('{{{words}}}')"),
    }
}

/// How many there are, for paging.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &DiscrepancyFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(AssertSqlSafe(format!(
        "select count(*) from ({ROWS} {}) counted",
        noticed(filter)
    )))
    .bind(filter.state)
    .bind(&filter.kinds)
    .bind(filter.customer)
    .bind(filter.resource)
    .bind(filter.invoice)
    .bind(filter.delivery)
    .fetch_one(pool)
    .await
}

/// One page, open ones first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    pool: &PgPool,
    filter: &DiscrepancyFilter,
    order: DiscrepancyOrder,
    window: Window,
) -> sqlx::Result<Vec<DiscrepancyRow>> {
    let order = order.sql();
    let notices = noticed(filter);
    let query =
        format!("{ROWS} {notices} order by closed_at is not null, accepted_at is not null, {order} limit $7 offset $8");
    sqlx::query_as(AssertSqlSafe(query))
        .bind(filter.state)
        .bind(&filter.kinds)
        .bind(filter.customer)
        .bind(filter.resource)
        .bind(filter.invoice)
        .bind(filter.delivery)
        .bind(window.limit)
        .bind(window.offset)
        .fetch_all(pool)
        .await
}

/// The one of that uuid.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<DiscrepancyRow>> {
    let filter = DiscrepancyFilter::default();
    sqlx::query_as(AssertSqlSafe(format!("{ROWS} and uuid = $7")))
        .bind(filter.state)
        .bind(filter.kinds)
        .bind(filter.customer)
        .bind(filter.resource)
        .bind(filter.invoice)
        .bind(filter.delivery)
        .bind(uuid)
        .fetch_optional(pool)
        .await
}

/// Those of one invoice that last, accepted or not.
///
/// # Errors
/// When the database fails.
pub async fn of_invoice(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<DiscrepancyRow>> {
    sqlx::query_as(AssertSqlSafe(format!(
        "{ROWS} and closed_at is null and invoice_id = $7 order by subject, kind"
    )))
    .bind(None::<DiscrepancyState>)
    .bind(None::<Vec<DiscrepancyKind>>)
    .bind(None::<Uuid>)
    .bind(None::<Uuid>)
    .bind(None::<Uuid>)
    .bind(None::<Uuid>)
    .bind(invoice_id)
    .fetch_all(pool)
    .await
}
