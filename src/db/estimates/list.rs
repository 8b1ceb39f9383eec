//! Estimates as the API shows them. A manual one hides the automatic one of the same scope and month.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::Bound;
use crate::db::window::Window;
use crate::domain::estimate::{EstimateSource, ScopeKind};
use crate::domain::month::Month;

/// An estimate with what people set for its scope, and Kill Bill's own figure where there is one.
#[derive(Clone, Debug, FromRow)]
pub struct EstimateRow {
    pub uuid: Uuid,
    pub customer_id: i64,
    pub customer_uuid: Uuid,
    pub month: NaiveDate,
    pub scope_type: ScopeKind,
    pub scope_uuid: Uuid,
    pub scope_name: String,
    pub resource_type: String,
    pub currency: String,
    pub total: Decimal,
    pub consumed: Decimal,
    pub unrated: i64,
    pub details: Value,
    pub source: EstimateSource,
    pub is_manually_input: bool,
    pub computed_at: DateTime<Utc>,
    pub threshold: Option<Decimal>,
    pub bound: Option<Decimal>,
    pub killbill: Option<Decimal>,
    pub delivered: Option<Decimal>,
    pub on_the_way: Option<Decimal>,
    pub checked_at: Option<DateTime<Utc>>,
    /// Of a resource: the project that it belongs to now. Of a project: itself.
    pub project_uuid: Option<Uuid>,
    pub project_name: Option<String>,
}

/// Which estimates a list shows; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct EstimateFilter {
    /// Only of these customers; `None` is all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    pub scope: Option<Uuid>,
    pub scope_type: Option<ScopeKind>,
    /// Exactly one of these months.
    pub months: Option<Vec<NaiveDate>>,
    /// First and last month, both inclusive.
    pub start: Option<NaiveDate>,
    pub end: Option<NaiveDate>,
    pub manual: Option<bool>,
    /// Only where this was consumed already, and more.
    pub over: Option<Bound>,
}

/// What an address names.
#[derive(Clone, Debug, FromRow)]
pub struct Found {
    pub scope_type: ScopeKind,
    pub customer_id: i64,
    pub customer_uuid: Uuid,
    pub name: String,
    pub resource_type: String,
}

macro_rules! estimates {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from price_estimate e join customer c on c.id = e.customer_id
             left join estimate_bound b on b.scope_uuid = e.scope_uuid and b.customer_id = e.customer_id
             left join resource r on e.scope_type = 'resource' and r.uuid = e.scope_uuid
             left join project p on p.customer_id = e.customer_id
                   and p.uuid = case e.scope_type when 'resource' then r.project_uuid when 'project' then e.scope_uuid end
             left join estimate_check k on k.customer_id = e.customer_id and e.scope_type = 'customer' and k.month = e.month
                   and k.currency = e.currency and not e.is_manually_input
             where e.is_visible and ($1::uuid[] is null or c.uuid = any($1))
               and ($2::uuid is null or c.uuid = $2) and ($3::uuid is null or e.scope_uuid = $3)
               and ($4::text is null or e.scope_type = $4) and ($5::date[] is null or e.month = any($5))
               and ($6::date is null or e.month >= $6) and ($7::date is null or e.month <= $7)
               and ($8::boolean is null or e.is_manually_input = $8)
               and ($9::text is null or e.consumed > case $9 when 'threshold' then b.threshold else b.bound end) ",
            $rest
        )
    };
}

macro_rules! columns {
    ($rest:literal) => {
        estimates!(
            "e.*, c.uuid as customer_uuid, b.threshold, b.bound, k.killbill, k.delivered, k.on_the_way, k.checked_at,
             p.uuid as project_uuid, p.name as project_name",
            $rest
        )
    };
}

macro_rules! bound {
    ($query:expr, $filter:expr) => {
        $query
            .bind(&$filter.visible)
            .bind($filter.customer)
            .bind($filter.scope)
            .bind($filter.scope_type)
            .bind(&$filter.months)
            .bind($filter.start)
            .bind($filter.end)
            .bind($filter.manual)
            .bind($filter.over)
    };
}

/// How many estimates there are, for paging.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &EstimateFilter) -> sqlx::Result<i64> {
    bound!(sqlx::query_scalar(estimates!("count(*)", "")), filter)
        .fetch_one(pool)
        .await
}

/// The estimates of one page: the latest month first, then by kind and name.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &EstimateFilter, window: Window) -> sqlx::Result<Vec<EstimateRow>> {
    let page = columns!("order by e.month desc, e.scope_type, e.scope_name, e.id limit $10 offset $11");
    bound!(sqlx::query_as(page), filter)
        .bind(window.limit)
        .bind(window.offset)
        .fetch_all(pool)
        .await
}

/// One estimate, if it is one of a customer in `visible` (`None` = all) and not hidden by a manual one.
///
/// # Errors
/// When the database fails.
pub async fn by_uuid(pool: &PgPool, uuid: Uuid, visible: Option<&[Uuid]>) -> sqlx::Result<Option<EstimateRow>> {
    let filter = EstimateFilter {
        visible: visible.map(<[Uuid]>::to_vec),
        ..EstimateFilter::default()
    };
    bound!(sqlx::query_as(columns!("and e.uuid = $10")), filter)
        .bind(uuid)
        .fetch_optional(pool)
        .await
}

/// What a customer's `month` will cost, in `currency`; zero without an estimate.
///
/// # Errors
/// When the database fails.
pub async fn open_total(pool: &PgPool, customer: Uuid, month: Month, currency: &str) -> sqlx::Result<Decimal> {
    let total: Option<Decimal> = sqlx::query_scalar(
        "select total from price_estimate
         where scope_uuid = $1 and scope_type = 'customer' and month = $2 and currency = $3
         order by is_manually_input desc limit 1",
    )
    .bind(customer)
    .bind(month.first_day())
    .bind(currency)
    .fetch_optional(pool)
    .await?;
    Ok(total.unwrap_or_default())
}

/// What has that uuid and belongs to a customer in `visible` (`None` = all): one thing, or a project of several customers.
///
/// # Errors
/// When the database fails.
pub async fn find_scopes(pool: &PgPool, uuid: Uuid, visible: Option<&[Uuid]>) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as(
        "select s.scope_type, s.customer_id, c.uuid as customer_uuid, s.name, s.resource_type
         from estimate_scope s join customer c on c.id = s.customer_id
         where s.uuid = $1 and ($2::uuid[] is null or c.uuid = any($2))
         order by c.id, s.scope_type",
    )
    .bind(uuid)
    .bind(visible)
    .fetch_all(pool)
    .await
}
