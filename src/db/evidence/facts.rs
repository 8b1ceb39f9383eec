//! Everything that the check of one invoice looks at, in a handful of queries whatever the number of lines.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::owned::{owned, up_to};
use super::terms::{GivenAway, Known};
use super::{claims, prices, settled};
use crate::domain::evidence::{BilledTier, BrokenDelivery, Charge, InvoiceFacts, Metered, UsageLine};
use crate::domain::invoice::InvoiceStatus;

#[derive(sqlx::FromRow)]
struct Head {
    uuid: Uuid,
    status: InvoiceStatus,
    currency: String,
    amount: Decimal,
    items_sum: Decimal,
    complete: bool,
}

#[derive(sqlx::FromRow)]
struct LineRow {
    uuid: Uuid,
    name: String,
    subscription: Option<Uuid>,
    plan: String,
    usage_name: String,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    amount: Decimal,
    tiers: Json<Vec<BilledTier>>,
    adjusted: Decimal,
    ours: bool,
}

#[derive(sqlx::FromRow)]
struct MeteredRow {
    subscription: Uuid,
    unit: String,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    now: bool,
    factor: Decimal,
    records: i64,
    quantity: Decimal,
    amount: Decimal,
}

/// Gathers the facts, of one of Kill Bill's subscriptions only or of all. `None` when there is no such invoice.
///
/// # Errors
/// When the database fails.
pub async fn facts(pool: &PgPool, invoice_id: i64, only: Option<Uuid>) -> sqlx::Result<Option<InvoiceFacts>> {
    let Some(head) = head(pool, invoice_id).await? else {
        return Ok(None);
    };
    let lines = lines(pool, LINES, invoice_id, only).await?;
    let earlier = lines_of_earlier_invoices(pool, invoice_id, only).await?;
    let plans: Vec<(Uuid, String)> = plans(pool, invoice_id).await?;
    let mut wanted: Vec<String> = lines.iter().map(|line| line.charge.plan.clone()).collect();
    wanted.extend(plans.iter().map(|(_, plan)| plan.clone()));
    let known = Known::of(pool, &head.currency, lines.iter().chain(&earlier), &plans).await?;
    Ok(Some(InvoiceFacts {
        uuid: head.uuid,
        status: head.status,
        terms: known.terms(lines.iter().chain(&earlier)),
        tariffs: prices::tariffs(pool, Some(&wanted), &head.currency).await?,
        currency: head.currency,
        amount: head.amount,
        items_sum: head.items_sum,
        complete: head.complete,
        lines,
        earlier,
        metered: metered(pool, invoice_id, only, &known.given_away()).await?,
        plans,
        foreign: foreign(pool, invoice_id).await?,
        broken: broken(pool, invoice_id, only).await?,
        settled: settled::lines(pool, invoice_id).await?,
        strange_marks: settled::strangers(pool, invoice_id).await?,
        vanished: claims::vanished(pool, invoice_id).await?,
        unclaimed: claims::unclaimed(pool, invoice_id).await?,
    }))
}

async fn head(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Option<Head>> {
    sqlx::query_as(
        "select i.uuid, i.status, i.currency, i.amount, c.invoices_swept_at is not null as complete,
                -- Kill Bill counts a credit into the amount, unless the account's share of it is all there is besides.
                coalesce((select coalesce(sum(x.amount) filter (where x.kind <> 'credit'), 0)
                               + case when count(*) = 2 and sum(x.amount) = 0 and bool_and(x.kind = 'credit') then 0
                                      else coalesce(sum(x.amount) filter (where x.item_type = 'CREDIT_ADJ'), 0) end
                          from invoice_item x where x.invoice_id = i.id and x.gone_at is null), 0) as items_sum
         from invoice i join customer c on c.id = i.customer_id where i.id = $1",
    )
    .bind(invoice_id)
    .fetch_optional(pool)
    .await
}

macro_rules! usage_lines {
    ($with:literal, $from:literal) => {
        concat!(
            $with,
            "select x.uuid, x.name, x.subscription_killbill_id as subscription, x.plan, x.usage_name, x.start_date, x.end_date, x.amount, x.tiers,
                    coalesce((select sum(a.amount) from invoice_item a
                              where a.invoice_id = x.invoice_id and a.linked_item = x.killbill_id and a.gone_at is null), 0) as adjusted,
                    s.id is not null as ours
             from ",
            $from
        )
    };
}

const LINES: &str = usage_lines!(
    "",
    "invoice_item x left join subscription s on s.killbill_id = x.subscription_killbill_id
     where x.invoice_id = $1 and x.item_type = 'USAGE' and x.gone_at is null and ($2::uuid is null or x.subscription_killbill_id = $2) order by x.position, x.id"
);

/// Only periods that this invoice's lines or records are about.
async fn lines_of_earlier_invoices(pool: &PgPool, invoice_id: i64, only: Option<Uuid>) -> sqlx::Result<Vec<UsageLine>> {
    const EARLIER: &str = concat!(
        up_to!(),
        "select x.uuid, x.name, x.subscription_killbill_id as subscription, x.plan, x.usage_name, x.start_date, x.end_date, x.amount, x.tiers,
                0::numeric as adjusted, true as ours
         from concerned s
         join invoice_item x on x.subscription_killbill_id = s.killbill_id and x.item_type = 'USAGE' and x.gone_at is null
         join up_to u on u.id = x.invoice_id and not u.now
         left join carried_window w on w.subscription_id = s.id and w.starts < x.end_date + 1 and w.ends > x.start_date
         where w.subscription_id is not null
            or exists (select from invoice_item y where y.invoice_id = $1 and y.subscription_killbill_id = s.killbill_id
                       and y.usage_name = x.usage_name and y.start_date = x.start_date and y.end_date = x.end_date)
         order by u.seq, x.position, x.id"
    );
    lines(pool, EARLIER, invoice_id, only).await
}

async fn lines(pool: &PgPool, sql: &'static str, invoice_id: i64, only: Option<Uuid>) -> sqlx::Result<Vec<UsageLine>> {
    let rows: Vec<LineRow> = sqlx::query_as(sql).bind(invoice_id).bind(only).fetch_all(pool).await?;
    Ok(rows.into_iter().map(LineRow::line).collect())
}

impl LineRow {
    fn line(self) -> UsageLine {
        let start = self.start_date.unwrap_or_default();
        let charge = Charge {
            subscription: self.subscription.unwrap_or_default(),
            plan: self.plan,
            usage: self.usage_name,
            start,
            end: self.end_date.unwrap_or(start),
        };
        UsageLine {
            item: self.uuid,
            name: self.name,
            charge,
            amount: self.amount,
            tiers: self.tiers.0,
            adjusted: self.adjusted,
            ours: self.ours,
        }
    }
}

async fn plans(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<(Uuid, String)>> {
    sqlx::query_as(
        "select distinct s.killbill_id, s.plan from invoice_tracking t
         join delivery d on d.tracking_id = t.tracking_id join subscription s on s.id = d.subscription_id
         where t.invoice_id = $1",
    )
    .bind(invoice_id)
    .fetch_all(pool)
    .await
}

async fn foreign(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select t.tracking_id from invoice_tracking t
         where t.invoice_id = $1 and not exists (select from delivery d where d.tracking_id = t.tracking_id)
           and not exists (select from delivery_alias a where a.tracking_id = t.tracking_id)
         order by t.tracking_id",
    )
    .bind(invoice_id)
    .fetch_all(pool)
    .await
}

/// Sums of records by unit and period, those of this invoice apart from those of earlier ones.
async fn metered(pool: &PgPool, invoice_id: i64, only: Option<Uuid>, free: &GivenAway) -> sqlx::Result<Vec<Metered>> {
    const METERED: &str = concat!(
        owned!(),
        ",
         found as materialized (
             select b.subscription_id, b.start_date, b.end_date, m.meter_id, r.*
             from bounds b
             join metered m on m.subscription_id = b.subscription_id
             cross join lateral (
                 select r.delivery_id, count(*) as records, sum(r.delta) as quantity from usage_record r
                 where r.resource_id = b.resource_id and r.meter_id = m.meter_id and r.hour >= b.starts and r.hour < b.ends
                   and r.delivery_id is not null
                 group by r.delivery_id
             ) r
         )
         select o.killbill_id as subscription, u.unit, o.start_date, o.end_date, o.now, min(u.factor) as factor,
                sum(f.records)::bigint as records, sum(f.quantity) as quantity, figure(sum(f.quantity * u.factor)) as amount
         from owned o
         join found f on f.delivery_id = o.delivery_id and f.start_date = o.start_date and f.end_date = o.end_date
         join delivery_unit u on u.delivery_id = o.delivery_id and u.meter_id = f.meter_id
         group by 1, 2, 3, 4, 5
         union all
         select d.killbill_id, u.unit, null, null, true, min(u.factor), sum(r.records)::bigint, sum(r.quantity), figure(sum(r.quantity * u.factor))
         from stray d
         join delivery_unit u on u.delivery_id = d.id
         cross join lateral (
             select count(*) as records, sum(r.delta) as quantity from usage_record r
             where r.resource_id = d.resource_id and r.meter_id = u.meter_id and r.delivery_id = d.id
               and r.hour >= d.window_start and r.hour < d.window_end
               and not exists (select from bounds b where b.subscription_id = d.subscription_id and r.hour >= b.starts and r.hour < b.ends)
               and not exists (
                   select from unnest($3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[]) as free (killbill_id, starts, ends, unit)
                   where free.killbill_id = d.killbill_id and free.unit = u.unit and r.hour >= free.starts and r.hour < free.ends)
         ) r
         where r.records > 0
         group by 1, 2"
    );
    let rows: Vec<MeteredRow> = sqlx::query_as(METERED)
        .bind(invoice_id)
        .bind(only)
        .bind(&free.subscriptions)
        .bind(&free.starts)
        .bind(&free.ends)
        .bind(&free.units)
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(MeteredRow::metered).collect())
}

impl MeteredRow {
    fn metered(self) -> Metered {
        Metered {
            subscription: self.subscription,
            unit: self.unit,
            period: self.start_date.zip(self.end_date),
            now: self.now,
            factor: self.factor,
            records: self.records,
            quantity: self.quantity,
            amount: self.amount,
        }
    }
}

/// Deliveries of this invoice whose records no longer add up to what was written down when they were sent.
async fn broken(pool: &PgPool, invoice_id: i64, only: Option<Uuid>) -> sqlx::Result<Vec<BrokenDelivery>> {
    const BROKEN: &str = concat!(
        up_to!(),
        ", metered as materialized (
             select distinct d.subscription_id, u.meter_id from carried d join delivery_unit u on u.delivery_id = d.id
         ),
         found as materialized (
             select m.meter_id, r.*
             from carried_window w
             join concerned s on s.id = w.subscription_id
             join metered m on m.subscription_id = w.subscription_id
             cross join lateral (
                 select r.delivery_id, sum(r.delta) as quantity from usage_record r
                 where r.resource_id = s.resource_id and r.meter_id = m.meter_id and r.hour >= w.starts and r.hour < w.ends
                 group by r.delivery_id
             ) r
         )
         select d.tracking_id, u.unit, u.quantity - coalesce(f.quantity, 0)
         from carried c
         join delivery d on d.id = c.id
         join delivery_unit u on u.delivery_id = c.id
         left join found f on f.delivery_id = c.id and f.meter_id = u.meter_id
         where u.quantity <> coalesce(f.quantity, 0)
         order by 1, 2"
    );
    let rows: Vec<(String, String, Decimal)> = sqlx::query_as(BROKEN)
        .bind(invoice_id)
        .bind(only)
        .fetch_all(pool)
        .await?;
    let broken = |(tracking_id, unit, surplus)| BrokenDelivery {
        tracking_id,
        unit,
        surplus,
    };
    Ok(rows.into_iter().map(broken).collect())
}
