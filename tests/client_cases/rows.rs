//! One row of each kind that only workers write, under a uuid of its own.

use uuid::Uuid;

use super::world::World;
use crate::support::rows;

pub async fn delivery(world: &World, resource: Uuid) -> Uuid {
    let uuid = Uuid::new_v4();
    rows::delivery(world.pool(), uuid, resource).await;
    uuid
}

pub async fn discrepancy(world: &World, invoice: Uuid) -> Uuid {
    let uuid = Uuid::new_v4();
    rows::discrepancy(world.pool(), uuid, invoice).await;
    uuid
}

pub async fn gap(world: &World, resource: Uuid) -> Uuid {
    let uuid = Uuid::new_v4();
    rows::gap(world.pool(), uuid, resource).await;
    uuid
}

pub async fn settlement(world: &World, customer: Uuid) -> Uuid {
    let uuid = Uuid::new_v4();
    rows::settlement(world.pool(), uuid, customer).await;
    uuid
}

pub async fn correction(world: &World, resource: Uuid) -> Uuid {
    let uuid = Uuid::new_v4();
    rows::correction(world.pool(), uuid, resource).await;
    uuid
}

pub async fn mail(world: &World, invoice: Uuid) -> Uuid {
    let uuid = Uuid::new_v4();
    rows::mail(world.pool(), uuid, invoice).await;
    uuid
}

/// A line of the settlement that is the invoice's item, with a record behind it.
pub async fn evidence(world: &World, settlement: Uuid, resource: Uuid, item: Uuid) {
    let evidence = sqlx::query(
        "with line as (
             insert into settlement_line (settlement_id, position, resource_id, meter_id, plan, class, period_start, period_end, records,
                                          quantity, units, value, total, moved, amount, description)
             select s.id, 0, r.id, 1, 'vm', 'old-charge', '2026-01-01', '2026-02-01', 1, 4, 4, 1, 1, 0, 1, '' from settlement s, resource r
             where s.uuid = $1 and r.uuid = $2 returning id, resource_id
         ), carried as (
             update usage_record u set settlement_line_id = line.id, hold = 'period-closed' from line
             where u.resource_id = line.resource_id and u.hour = '2026-01-01 09:00'
         )
         update invoice_item set settlement_line_id = line.id from line where uuid = $3",
    );
    let evidence = evidence.bind(settlement).bind(resource).bind(item);
    evidence.execute(world.pool()).await.unwrap();
}
