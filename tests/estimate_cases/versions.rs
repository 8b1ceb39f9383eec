//! Price changes: a running subscription stays on the catalog version that Kill Bill keeps it on.

use rust_decimal::dec;
use uuid::Uuid;

use crate::support::catalog::{SampleCatalog, SampleTier};
use crate::world::World;

/// The machine's subscription has run since the first of February.
async fn subscribe(world: &World, resource: Uuid) {
    sqlx::query(
        "insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
         select id, 'openstack-instance', 'web', gen_random_uuid(), '2026-02-01 00:00Z', now() from resource where uuid = $1",
    )
    .bind(resource)
    .execute(world.service.pool())
    .await
    .unwrap();
}

/// CPU at the double price from 15 February on.
fn dearer() -> SampleCatalog {
    let mut catalog = SampleCatalog::standard("USD").effective_on("2026-02-15");
    let (size, price, blocks) = (dec!(1), dec!(0.025), None);
    catalog.plans[0].usages[0].tiers = vec![SampleTier { size, price, blocks }];
    catalog
}

async fn consumed(world: &World) -> Vec<String> {
    world.estimate().await;
    let rows = world.list("scope_type=resource&date=2026.03").await;
    rows.iter()
        .map(|row| format!("{} {}", row["scope_name"], row["consumed"]))
        .collect()
}

#[tokio::test]
async fn w22_a_new_price_is_for_new_subscriptions_unless_it_claims_running_ones() {
    let world = World::new().await;
    let (new, web) = (world.machine("new").await, world.machine("web").await);
    subscribe(&world, web).await;
    for machine in [new, web] {
        world.push(machine, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    }
    assert_eq!(consumed(&world).await, [r#""new" 0.50"#, r#""web" 0.50"#]);
    world.price_lists(&[SampleCatalog::standard("USD"), dearer()]).await;
    assert_eq!(consumed(&world).await, [r#""new" 1.00"#, r#""web" 0.50"#]);
    let mut claiming = dearer().effective_on("2026-02-20");
    claiming.plans[0].for_existing = Some("2026-03-01T00:00:00+00:00".to_owned());
    world
        .price_lists(&[SampleCatalog::standard("USD"), dearer(), claiming])
        .await;
    assert_eq!(consumed(&world).await, [r#""new" 1.00"#, r#""web" 1.00"#]);
}

#[tokio::test]
async fn a_unit_that_left_the_price_list_goes_on_costing_its_subscription() {
    let world = World::new().await;
    let web = world.machine("web").await;
    subscribe(&world, web).await;
    sqlx::query("update subscription set units = '{cpu}'")
        .execute(world.service.pool())
        .await
        .unwrap();
    world.push(web, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    let mut without = SampleCatalog::standard("USD").effective_on("2026-02-15");
    without.plans[0].usages.remove(0);
    world.price_lists(&[SampleCatalog::standard("USD"), without]).await;
    let state = &world.service.state;
    let routing = state.book.routing(&state.pool).await.unwrap();
    nodeconductor_billing::db::routes::refresh(&state.pool, &routing)
        .await
        .unwrap();
    assert_eq!(consumed(&world).await, [r#""web" 0.50"#]);
}
