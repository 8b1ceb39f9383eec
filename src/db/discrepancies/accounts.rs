//! Accounts that Kill Bill does not invoice, with the money that waits for it: usage that is not delivered yet, and usage
//! that stands on no invoice.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

/// A tagged account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Uninvoiced {
    pub customer_id: i64,
    pub customer: Uuid,
    pub name: String,
    pub account_id: Uuid,
    pub parked: bool,
    pub invoicing_off: bool,
    /// What Kill Bill said to a dry run.
    pub park_reason: Option<String>,
    pub parked_since: Option<DateTime<Utc>>,
    /// Records that are not delivered.
    pub waiting: i64,
    /// At today's list price, in the given currency.
    pub worth: Decimal,
}

/// Accounts with one of the two tags.
///
/// # Errors
/// When the database fails.
pub async fn uninvoiced(pool: &PgPool, currency: &str) -> sqlx::Result<Vec<Uninvoiced>> {
    sqlx::query_as(
        "with price as materialized (
             select plan, unit, hourly from price_item
             where version_id = (select id from catalog_version where in_force) and currency = $1 and unit is not null
         )
         select c.id as customer_id, c.uuid as customer, c.name, c.account_id, '__PARK__' = any(c.account_tags) as parked,
                'AUTO_INVOICING_OFF' = any(c.account_tags) as invoicing_off, c.park_reason, c.parked_since,
                w.records as waiting, coalesce(w.worth, 0) + coalesce(d.worth, 0) as worth
         from customer c
         cross join lateral (
             select count(*) as records, figure(sum(u.delta * p.hourly)) as worth
             from resource r
             join usage_record u on u.resource_id = r.id and u.delivery_id is null and not u.superseded and u.hold is null
             join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id and o.hold is null
             left join price p on p.plan = o.plan and p.unit = o.unit
             where r.customer_id = c.id
         ) w
         cross join lateral (
             select figure(sum(n.quantity * p.hourly)) as worth
             from resource r
             join subscription s on s.resource_id = r.id
             join delivery d on d.subscription_id = s.id and s.replaced_at is null and d.invoice_id is null and d.state in ('delivered', 'verified')
             join delivery_unit n on n.delivery_id = d.id
             join price p on p.plan = s.plan and p.unit = n.unit
             where r.customer_id = c.id
         ) d
         where c.account_id is not null and c.account_tags && '{__PARK__,AUTO_INVOICING_OFF}' order by c.id",
    )
    .bind(currency)
    .fetch_all(pool)
    .await
}

/// A month of a customer that others were invoiced for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Overlooked {
    pub customer_id: i64,
    pub customer: Uuid,
    pub name: String,
    pub account_id: Uuid,
    pub month: NaiveDate,
    pub worth: Decimal,
}

/// Delivered usage of months that no invoice of its subscription reaches, although another account of the tenant got an
/// invoice beyond that month and `patience` ago at least. Kill Bill's clock is read off those other invoices.
///
/// # Errors
/// When the database fails.
pub async fn overlooked(pool: &PgPool, currency: &str, before: DateTime<Utc>) -> sqlx::Result<Vec<Overlooked>> {
    sqlx::query_as(
        "with reached as (
             select date_trunc('month', max(target_date))::date as month from invoice
             where status = 'COMMITTED' and first_seen_at < $2
         ), price as materialized (
             select plan, unit, hourly from price_item
             where version_id = (select id from catalog_version where in_force) and currency = $1 and unit is not null
         )
         select c.id as customer_id, c.uuid as customer, c.name, c.account_id, d.month,
                coalesce(figure(sum(n.quantity * p.hourly)), 0) as worth
         from delivery d
         join reached on d.month < reached.month
         join subscription s on s.id = d.subscription_id and s.replaced_at is null
         join resource r on r.id = s.resource_id
         join customer c on c.id = r.customer_id and not c.account_tags && '{__PARK__,AUTO_INVOICING_OFF}'
         join delivery_unit n on n.delivery_id = d.id
         left join price p on p.plan = s.plan and p.unit = n.unit
         where d.invoice_id is null and d.state in ('delivered', 'verified') and d.settled_at < $2
           and not exists (select from invoice_item x join invoice i on i.id = x.invoice_id and i.status <> 'DRAFT'
                           where x.subscription_killbill_id = s.killbill_id and x.item_type = 'USAGE' and x.end_date > d.month)
         group by c.id, d.month
         -- What is worth less than half a cent may have no line at all.
         having sum(n.amount) <> 0 and coalesce(figure(sum(n.quantity * p.hourly)), 1) >= 0.005
         order by d.month, c.id",
    )
    .bind(currency)
    .bind(before)
    .fetch_all(pool)
    .await
}
