//! Routes decided anew when the price list or the register changes.

use nodeconductor_billing::db::routes::{Pair, for_pairs, refresh, refresh_held, refresh_resource};
use nodeconductor_billing::domain::route::Routing;
use rust_decimal::{Decimal, dec};
use sqlx::PgPool;

use super::{CLOUD, meter_row, register, resource_row, routing, says, subscription_row, version};
use crate::support::database::TestDatabase;

const VM: &str = "OpenStack.Instance";

/// A route as a push would make it.
async fn route(pool: &PgPool, routing: &Routing, resource_id: i64, resource_type: Option<&str>, meter: (i16, &str)) {
    let mut conn = pool.acquire().await.unwrap();
    let pair = Pair {
        resource_id,
        resource_type,
        meter_id: meter.0,
        meter: meter.1,
    };
    for_pairs(&mut conn, routing, &[pair]).await.unwrap();
}

#[tokio::test]
async fn a_mended_catalog_frees_what_waited() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let (cpu, vm) = (meter_row(pool, "cpu").await, resource_row(pool, Some(VM)).await);
    let nothing = routing(&[]);
    route(pool, &nothing, vm, Some(VM), (cpu, "cpu")).await;
    assert_eq!(says(pool, vm, cpu).await, "no-price");
    assert_eq!(refresh(pool, &nothing).await.unwrap(), 0);
    let minutes = routing(&[version(
        CLOUD,
        &[("\"cpu\"", "\"minute-of-cpu\""), ("<unit>cpu<", "<unit>minute-of-cpu<")],
    )]);
    assert_eq!(refresh_held(pool, &minutes).await.unwrap(), 1);
    assert_eq!(says(pool, vm, cpu).await, "openstack-instance/minute-of-cpu");
    let factor: Decimal = sqlx::query_scalar("select factor from route")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(factor, dec!(60));
    assert_eq!(refresh(pool, &minutes).await.unwrap(), 0);
    assert_eq!(
        refresh(pool, &nothing).await.unwrap(),
        1,
        "without a subscription nothing holds the old plan"
    );
    assert_eq!(says(pool, vm, cpu).await, "no-price");
}

#[tokio::test]
async fn a_registration_frees_the_resource_s_own_routes() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let cpu = meter_row(pool, "cpu").await;
    let prices = routing(&[version(CLOUD, &[])]);
    let (one, other) = (resource_row(pool, None).await, resource_row(pool, None).await);
    for resource in [one, other] {
        route(pool, &prices, resource, None, (cpu, "cpu")).await;
        register(pool, resource, VM).await;
    }
    let mut conn = pool.acquire().await.unwrap();
    assert_eq!(refresh_resource(&mut conn, &prices, one).await.unwrap(), 1);
    assert_eq!(
        [says(pool, one, cpu).await, says(pool, other, cpu).await],
        ["openstack-instance/cpu", "unknown-resource"]
    );
    assert_eq!(refresh(pool, &prices).await.unwrap(), 1);
    assert_eq!(says(pool, other, cpu).await, "openstack-instance/cpu");
}

#[tokio::test]
async fn a_running_resource_is_not_moved_to_another_plan() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let cpu = meter_row(pool, "cpu").await;
    let old = version(CLOUD, &[]);
    let [running, unpriced, idle] = [
        resource_row(pool, Some(VM)).await,
        resource_row(pool, Some(VM)).await,
        resource_row(pool, Some(VM)).await,
    ];
    for resource in [running, unpriced, idle] {
        route(
            pool,
            &routing(std::slice::from_ref(&old)),
            resource,
            Some(VM),
            (cpu, "cpu"),
        )
        .await;
    }
    subscription_row(pool, running, "openstack-instance", &["cpu", "ram_gb"]).await;
    subscription_row(pool, unpriced, "openstack-instance", &["ram_gb"]).await;
    let third = |plan: &str| version(CLOUD, &[("\"openstack-instance\"", &format!("\"{plan}\""))]);
    // Both plans have the price, and the resource's type now means the other one.
    sqlx::query("update resource set type = 'Vm.Fast'")
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(refresh(pool, &routing(&[old, third("vm-fast")])).await.unwrap(), 1);
    let all = || async {
        [
            says(pool, running, cpu).await,
            says(pool, unpriced, cpu).await,
            says(pool, idle, cpu).await,
        ]
    };
    assert_eq!(
        all().await,
        ["openstack-instance/cpu", "openstack-instance/cpu", "vm-fast/cpu"]
    );
    // The old plan is gone: only a subscription whose own version has the unit stays.
    assert_eq!(refresh(pool, &routing(&[third("vm-fast")])).await.unwrap(), 1);
    assert_eq!(all().await, ["openstack-instance/cpu", "vm-fast/cpu", "vm-fast/cpu"]);
}

#[tokio::test]
async fn thousands_of_routes_are_decided_in_one_go() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    meter_row(pool, "cpu").await;
    let owner = resource_row(pool, Some(VM)).await;
    sqlx::query(
        "with crowd as (insert into resource (uuid, customer_id, type, created_at, updated_at)
                        select gen_random_uuid(), customer_id, type, now(), now()
                        from resource, generate_series(1, 20000) where resource.id = $1 returning id)
         insert into route (resource_id, meter_id, hold, hold_detail)
         select crowd.id, meter.id, 'no-price', 'old' from crowd, meter",
    )
    .bind(owner)
    .execute(pool)
    .await
    .unwrap();
    let prices = routing(&[version(CLOUD, &[])]);
    assert_eq!(refresh(pool, &prices).await.unwrap(), 20_000);
    assert_eq!(refresh(pool, &prices).await.unwrap(), 0);
}
