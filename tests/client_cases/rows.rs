//! Rows of tables that only workers write, one at a time.

use uuid::Uuid;

use super::world::World;

pub async fn delivery(world: &World, resource: Uuid) -> Uuid {
    let delivery = sqlx::query_scalar(
        "with subscribed as (
             insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
             select id, 'vm', gen_random_uuid(), gen_random_uuid(), '2026-01-01', '2026-01-01' from resource where uuid = $1 returning id
         )
         insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at)
         select gen_random_uuid(), id, gen_random_uuid(), '2026-01-01', '2026-01-01', '2026-01-02', 1, 'delivered', '2026-01-02' from subscribed
         returning uuid",
    );
    delivery.bind(resource).fetch_one(world.pool()).await.unwrap()
}

pub async fn discrepancy(world: &World, invoice: Uuid) -> Uuid {
    let discrepancy = sqlx::query_scalar(
        "insert into discrepancy (uuid, subject, kind, invoice_id, customer_id, amount, currency, detail, next_step, opened_at, seen_at)
         select gen_random_uuid(), 'matrix ' || id, 'sum', id, customer_id, 1, 'EUR', '', '', '2026-02-01', '2026-02-01' from invoice
         where uuid = $1 returning uuid",
    );
    discrepancy.bind(invoice).fetch_one(world.pool()).await.unwrap()
}

pub async fn gap(world: &World, resource: Uuid) -> Uuid {
    let gap = sqlx::query_scalar(
        "with missing as (
             insert into missing_hours (resource_id, meter_id, starts, ends, quantity, found_at, seen_at)
             select id, 1, '2026-01-07', '2026-01-08', 1, '2026-01-09', '2026-01-09' from resource where uuid = $1
         )
         insert into declared_gap (uuid, resource_id, starts, reason, declared_by, declared_at)
         select gen_random_uuid(), id, '2026-01-05', 'off', 'pusher', '2026-01-06' from resource where uuid = $1 returning uuid",
    );
    gap.bind(resource).fetch_one(world.pool()).await.unwrap()
}

pub async fn settlement(world: &World, customer: Uuid) -> Uuid {
    let settlement = sqlx::query_scalar(
        "insert into settlement (uuid, mark, customer_id, month, direction, currency, amount, records, state, created_at)
         select gen_random_uuid(), gen_random_uuid(), id, '2026-01-01', 'charge', 'USD', 1, 1, 'posted', '2026-02-01' from customer
         where uuid = $1 returning uuid",
    );
    settlement.bind(customer).fetch_one(world.pool()).await.unwrap()
}

pub async fn correction(world: &World, resource: Uuid) -> Uuid {
    let correction = sqlx::query_scalar(
        "insert into approval (uuid, resource_id, meter_id, month, class, created_at)
         select gen_random_uuid(), id, 1, '2026-01-01', 'old-charge', '2026-02-01' from resource where uuid = $1 returning uuid",
    );
    correction.bind(resource).fetch_one(world.pool()).await.unwrap()
}

/// A line of the settlement that is the invoice's item, with a record behind it.
pub async fn evidence(world: &World, settlement: Uuid, resource: Uuid, item: Uuid) {
    let evidence = sqlx::query(
        "with line as (
             insert into settlement_line (settlement_id, position, resource_id, meter_id, plan, class, period_start, period_end, records,
                                          quantity, units, value, total, moved, amount, description)
             select s.id, 0, r.id, 1, 'vm', 'late', '2026-01-01', '2026-02-01', 1, 4, 4, 1, 1, 0, 1, '' from settlement s, resource r
             where s.uuid = $1 and r.uuid = $2 returning id, resource_id
         ), carried as (
             update usage_record u set settlement_line_id = line.id, hold = 'late' from line
             where u.resource_id = line.resource_id and u.hour = '2026-01-01 09:00'
         )
         update invoice_item set settlement_line_id = line.id from line where uuid = $3",
    );
    let evidence = evidence.bind(settlement).bind(resource).bind(item);
    evidence.execute(world.pool()).await.unwrap();
}
