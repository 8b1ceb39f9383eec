//! The routes that a push asks for.

use nodeconductor_billing::db::routes::{Pair, for_pairs};
use nodeconductor_billing::domain::hold::HoldCode;
use nodeconductor_billing::domain::route::Routing;
use sqlx::PgPool;

use super::{CLOUD, meter_row, register, resource_row, routing, says, version};
use crate::support::database::TestDatabase;

async fn push(pool: &PgPool, routing: &Routing, pairs: &[Pair<'_>]) -> Vec<Option<HoldCode>> {
    let mut tx = pool.begin().await.unwrap();
    let holds = for_pairs(&mut tx, routing, pairs).await.unwrap();
    tx.commit().await.unwrap();
    holds
}

#[tokio::test]
async fn a_push_learns_at_once_what_waits_and_why() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let routing = routing(&[version(CLOUD, &[])]);
    let (cpu, gpu) = (meter_row(pool, "cpu").await, meter_row(pool, "gpu").await);
    let (known, unknown) = (
        resource_row(pool, Some("OpenStack.Instance")).await,
        resource_row(pool, None).await,
    );
    let pair = |resource_id, resource_type, meter_id, meter| Pair {
        resource_id,
        resource_type,
        meter_id,
        meter,
    };
    let pairs = [
        pair(unknown, None, cpu, "cpu"),
        pair(known, Some("OpenStack.Instance"), gpu, "gpu"),
        pair(known, Some("OpenStack.Instance"), cpu, "cpu"),
        pair(unknown, None, cpu, "cpu"),
    ];
    let expected = vec![
        Some(HoldCode::UnknownResource),
        Some(HoldCode::UnknownMeter),
        None,
        Some(HoldCode::UnknownResource),
    ];
    assert_eq!(push(pool, &routing, &pairs).await, expected);
    assert_eq!(
        push(pool, &routing, &pairs).await,
        expected,
        "the stored routes say the same"
    );
    assert_eq!(says(pool, known, cpu).await, "openstack-instance/cpu");
    // Registered after the first push: the next one finds the way, whether or not anything else did.
    register(pool, unknown, "OpenStack.Instance").await;
    let again = [pair(unknown, Some("OpenStack.Instance"), cpu, "cpu")];
    assert_eq!(push(pool, &routing, &again).await, [None]);
    assert_eq!(says(pool, unknown, cpu).await, "openstack-instance/cpu");
    assert_eq!(push(pool, &routing, &[]).await, []);
}

#[tokio::test]
async fn pushes_of_the_same_resources_at_once_do_not_disturb_each_other() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let routing = routing(&[version(CLOUD, &[])]);
    let meters = [
        (meter_row(pool, "cpu").await, "cpu"),
        (meter_row(pool, "memory").await, "memory"),
    ];
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for _ in 0..50 {
        let resource_id = resource_row(pool, Some("OpenStack.Instance")).await;
        pairs.extend(meters.map(|(meter_id, meter)| Pair {
            resource_id,
            resource_type: Some("OpenStack.Instance"),
            meter_id,
            meter,
        }));
    }
    let backwards: Vec<Pair<'_>> = pairs.iter().rev().copied().collect();
    let (one, other) = tokio::join!(push(pool, &routing, &pairs), push(pool, &routing, &backwards));
    assert!(one.iter().chain(&other).all(Option::is_none));
    let rows: i64 = sqlx::query_scalar("select count(*) from route")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(rows, 100);
}
