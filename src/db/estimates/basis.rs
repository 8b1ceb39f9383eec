//! Which customers' months are out of date: each was estimated from a basis (the sums' counters, the register, the
//! routes, the price list, the invoices); where the basis is another one now, there is work. Nothing has to be told: a
//! correction, a rename, a new price, an invoice and a restored backup all show.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgPool;

use super::odd_months;
use crate::domain::month::Month;

/// A customer's month to be estimated.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    pub customer_id: i64,
    pub basis: String,
}

/// The months that have usage or invoices, the latest first.
///
/// # Errors
/// When the database fails.
pub async fn months(pool: &PgPool) -> sqlx::Result<Vec<Month>> {
    // One step down an index for each month instead of a walk through all rows.
    let days: Vec<NaiveDate> = sqlx::query_scalar(
        "with recursive used as (
             (select month from usage_sum order by month desc limit 1)
             union all
             select (select s.month from usage_sum s where s.month < u.month order by s.month desc limit 1) from used u
             where u.month is not null
         ), billed as (
             (select date_trunc('month', start_date::timestamp)::date as month from invoice_item
              where start_date is not null order by start_date desc limit 1)
             union all
             select (select date_trunc('month', x.start_date::timestamp)::date from invoice_item x where x.start_date < b.month
                     order by x.start_date desc limit 1) from billed b
             where b.month is not null
         )
         select month from used where month is not null
         union select month from billed where month is not null
         union select distinct date_trunc('month', invoice_date::timestamp)::date from invoice
         order by 1 desc",
    )
    .fetch_all(pool)
    .await?;
    Ok(days.into_iter().map(Month::of).collect())
}

/// Customers whose basis of the month $1 is another one than it was estimated from.
const DUE: &str = concat!(
        "with odd as (
             select c.id from customer c where ",
        odd_months!("$3"),
        "), used as (
             select r.customer_id,
                    concat_ws(' ', count(*), sum(s.changes), case when bool_or(r.customer_id in (select id from odd)) then $4::date end,
                              sum(hashtext(concat_ws('/', r.uuid, r.name, r.type, r.project_uuid, p.name, r.terminated_at,
                                                     v.uuid, v.name, o.plan, o.unit, o.factor, b.billing_start, b.billing_end,
                                                     b.subscribed)))) as basis
             from usage_sum s
             join resource r on r.id = s.resource_id
             left join service v on v.id = r.service_id
             left join project p on p.customer_id = r.customer_id and p.uuid = r.project_uuid
             left join route o on o.resource_id = s.resource_id and o.meter_id = s.meter_id
             left join subscription b on b.resource_id = o.resource_id and b.plan = o.plan and b.replaced_at is null
             where r.customer_id is not null
               and (s.month = $1 or s.month = $1 + interval '1 month' and r.customer_id in (select id from odd))
             group by r.customer_id
         ), billed as (
             select customer_id, concat_ws(' ', count(*), sum(amount), max(changed_at)) as basis
             from (select i.customer_id, x.amount, i.changed_at from invoice_item x join invoice i on i.id = x.invoice_id
                   where x.start_date >= $1 and x.start_date < $1 + interval '1 month'
                   union all
                   select i.customer_id, x.amount, i.changed_at from invoice i join invoice_item x on x.invoice_id = i.id
                   where i.invoice_date >= $1 and i.invoice_date < $1 + interval '1 month' and x.start_date is null) item
             group by customer_id
         ), waiting as (
             select customer_id, concat_ws(' ', sum(records), bool_or(is_awaited)) as basis
             from estimate_waiting($1) where $2 group by customer_id
         ), priced as (
             select concat_ws(' ', max(id) filter (where in_force), count(*), count(withdrawn_at),
                              (select value from setting where name = 'tenant_terms')) as basis from catalog_version
         ), present as (
             select c.id as customer_id,
                    concat_ws(' | ', used.basis, billed.basis, waiting.basis, c.name, c.account_terms, priced.basis, $2::boolean) as basis
             from customer c cross join priced
             left join used on used.customer_id = c.id left join billed on billed.customer_id = c.id
             left join waiting on waiting.customer_id = c.id
             where used.customer_id is not null or billed.customer_id is not null
         )
         select p.customer_id, p.basis
         from present p left join estimate_basis b on b.customer_id = p.customer_id and b.month = $1
         where b.basis is distinct from p.basis
         order by p.customer_id"
);

/// The customers whose estimates of `month` are not made from what is there now; `own_days` as the catalog allows them.
///
/// # Errors
/// When the database fails.
pub async fn due(pool: &PgPool, own_days: bool, month: Month, now: DateTime<Utc>) -> sqlx::Result<Vec<Due>> {
    // Whether the month is over decides whether it is projected; where it is not the calendar's, that may change daily.
    let over = now >= month.end();
    let day = now.date_naive().min(month.next().next().first_day());
    sqlx::query_as(DUE)
        .bind(month.first_day())
        .bind(over)
        .bind(own_days)
        .bind(day)
        .fetch_all(pool)
        .await
}
