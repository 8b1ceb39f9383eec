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
