//! Rows of tables that only workers write, one at a time, under a uuid that the test chooses.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use rust_decimal::Decimal;
use sqlx::PgPool;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use uuid::Uuid;

/// One row that hangs on another: `$1` is its own uuid, `$2` the other's.
async fn insert(pool: &PgPool, sql: &'static str, uuid: Uuid, parent: Uuid) {
    written(pool, sqlx::query(sql).bind(uuid).bind(parent)).await;
}

async fn written(pool: &PgPool, query: Query<'_, sqlx::Postgres, PgArguments>) {
    let done = query.execute(pool).await.unwrap();
    assert_eq!(done.rows_affected(), 1, "the row that it hangs on is missing");
}

/// An invoice that is still owed.
pub async fn invoice(pool: &PgPool, uuid: Uuid, customer: Uuid, (number, date): (&str, &str), amount: Decimal) {
    let invoice = sqlx::query(
        "insert into invoice (uuid, killbill_id, customer_id, number, status, currency, amount, balance, credit_adj, refund_adj,
                              invoice_date, content_hash, first_seen_at, changed_at, customer_snapshot)
         select $1, gen_random_uuid(), id, $3, 'COMMITTED', 'EUR', $5, $5, 0, 0, $4::date, '', '2026-02-01', '2026-02-01',
                jsonb_build_object('name', name, 'native_name', native_name, 'email', email, 'contact_details', contact_details,
                                   'number', number, 'abbreviation', abbreviation)
         from customer where uuid = $2",
    );
    written(
        pool,
        invoice.bind(uuid).bind(customer).bind(number).bind(date).bind(amount),
    )
    .await;
}

/// A line of an invoice, after those that are there.
pub async fn item(pool: &PgPool, uuid: Uuid, invoice: Uuid, kind: (&str, &str), (name, amount): (&str, Decimal)) {
    let item = sqlx::query(
        "insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, name, currency, amount)
         select $1, gen_random_uuid(), id, (select count(*) from invoice_item x where x.invoice_id = i.id), $3, $4, $5, currency, $6
         from invoice i where uuid = $2",
    );
    let item = item.bind(uuid).bind(invoice).bind(kind.0).bind(kind.1);
    written(pool, item.bind(name).bind(amount)).await;
}

pub async fn delivery(pool: &PgPool, uuid: Uuid, resource: Uuid) {
    let delivery = "with subscribed as (
             insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
             select id, 'vm', gen_random_uuid(), gen_random_uuid(), '2026-01-01', '2026-01-01' from resource where uuid = $2 returning id
         )
         insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at)
         select $1, id, gen_random_uuid(), '2026-01-01', '2026-01-01', '2026-01-02', 1, 'delivered', '2026-01-02' from subscribed";
    insert(pool, delivery, uuid, resource).await;
}

pub async fn discrepancy(pool: &PgPool, uuid: Uuid, invoice: Uuid) {
    let discrepancy =
        "insert into discrepancy (uuid, subject, kind, invoice_id, customer_id, amount, currency, detail, next_step, opened_at, seen_at)
         select $1, 'matrix ' || id, 'sum', id, customer_id, 1, 'EUR', '', '', '2026-02-01', '2026-02-01' from invoice where uuid = $2";
    insert(pool, discrepancy, uuid, invoice).await;
}

/// A letter that was refused.
pub async fn mail(pool: &PgPool, uuid: Uuid, invoice: Uuid) {
    let letter =
        "insert into mail (uuid, invoice_id, asked_by, recipient, copies, link, state, next_attempt_at, created_at)
         select $1, id, 'staff', 'alice@example.com', '{}', '', 'refused', '2026-02-01', '2026-02-01' from invoice where uuid = $2";
    insert(pool, letter, uuid, invoice).await;
}

/// A declared gap, and hours that are missing.
pub async fn gap(pool: &PgPool, uuid: Uuid, resource: Uuid) {
    let gap = "with missing as (
             insert into missing_hours (resource_id, meter_id, starts, ends, quantity, found_at, seen_at)
             select id, 1, '2026-01-07', '2026-01-08', 1, '2026-01-09', '2026-01-09' from resource where uuid = $2
         )
         insert into declared_gap (uuid, resource_id, starts, reason, declared_by, declared_at)
         select $1, id, '2026-01-05', 'off', 'pusher', '2026-01-06' from resource where uuid = $2";
    insert(pool, gap, uuid, resource).await;
}

pub async fn settlement(pool: &PgPool, uuid: Uuid, customer: Uuid) {
    let settlement =
        "insert into settlement (uuid, mark, customer_id, month, direction, currency, amount, records, state, created_at)
         select $1, gen_random_uuid(), id, '2026-01-01', 'charge', 'USD', 1, 1, 'posted', '2026-02-01' from customer where uuid = $2";
    insert(pool, settlement, uuid, customer).await;
}

/// A correction that waits for consent.
pub async fn correction(pool: &PgPool, uuid: Uuid, resource: Uuid) {
    let correction = "insert into approval (uuid, resource_id, meter_id, month, class, created_at)
         select $1, id, 1, '2026-01-01', 'old-charge', '2026-02-01' from resource where uuid = $2";
    insert(pool, correction, uuid, resource).await;
}

/// A price that an owner set beside the first of the price list in force.
pub async fn price_override(pool: &PgPool, uuid: Uuid, service: Uuid) {
    let price = "insert into price_override (uuid, service_id, item_uuid, item_type, key, units, currency, value,
                                     created_at, created_by, updated_at, updated_by)
         select $1, s.id, p.uuid, p.item_type, p.key, coalesce(p.unit, ''), p.currency, 0.5, '2026-01-01', 'alice', '2026-01-01', 'alice'
         from service s, (select p.* from price_item p join catalog_version v on v.id = version_id where in_force order by p.id limit 1) p
         where s.uuid = $2";
    insert(pool, price, uuid, service).await;
}

/// What a person expects a resource's month to cost.
pub async fn manual_estimate(pool: &PgPool, uuid: Uuid, resource: Uuid) {
    let estimate = "insert into price_estimate (uuid, customer_id, month, scope_type, scope_uuid, scope_name, currency, total, consumed,
                                     source, is_manually_input, computed_at, set_by)
         select $1, customer_id, '2025-06-01', 'resource', uuid, name, 'USD', 80, 80, 'manual', true, '2025-06-01', 'alice'
         from resource where uuid = $2";
    insert(pool, estimate, uuid, resource).await;
}
