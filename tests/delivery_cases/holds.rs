//! What must not go yet stays here, says why, and goes when the reason is gone.

use chrono::{SubsecRound, TimeDelta};
use rust_decimal::dec;

use super::world::{World, price_list};
use crate::support::catalog::SampleCatalog;
use crate::support::killbill_server::shared_url;

/// The prices as they were before there was a price for servers.
fn without_servers() -> SampleCatalog {
    let mut catalog = price_list();
    catalog.plans[0].usages.retain(|usage| usage.unit != "server_num");
    catalog
}

#[tokio::test]
async fn a_unit_that_the_subscription_s_own_prices_lack_is_held() {
    let world = World::with(&shared_url(), &[without_servers()]).await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(4)), ("servers", 0, dec!(1))])
        .await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "no-price"]);

    let mut newer = price_list();
    let now = world.kb.clock().now().await.unwrap().trunc_subsecs(0) - TimeDelta::seconds(2);
    newer.effective = now.format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    world.kb.catalog().upload(&newer.xml()).await.unwrap();
    world.pull_prices().await;
    world
        .push(resource, &[("cpu", 1, dec!(4)), ("servers", 1, dec!(1))])
        .await;
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["verified", "unit-not-in-plan", "verified", "unit-not-in-plan"]
    );
    let other = world.resource().await;
    world.push(other, &[("servers", 0, dec!(1))]).await;
    world.pass().await;
    assert_ne!(
        world.states(other).await,
        ["pending"],
        "it is clear at once whether it can be billed"
    );
    assert!(
        !world.proxy.posts().iter().any(|post| post.contains("server_num")),
        "Kill Bill would never bill it"
    );
}

#[tokio::test]
async fn a_unit_goes_out_when_the_subscription_has_it() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    // As if the subscription had been read before its plan's prices were brought up to date.
    sqlx::raw_sql("update subscription set units = '{cpu}'")
        .execute(world.pool())
        .await
        .unwrap();
    world.push(resource, &[("servers", 0, dec!(1))]).await;
    sqlx::raw_sql("update route set hold = 'unit-not-in-plan' where unit = 'server_num'")
        .execute(world.pool())
        .await
        .unwrap();
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "unit-not-in-plan"]);
    world.pull_prices().await;
    world.pass().await;
    world.later(TimeDelta::minutes(1));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "verified"]);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn a_parked_account_waits() {
    let world = World::new().await;
    let resource = world.resource().await;
    sqlx::raw_sql("update customer set account_tags = '{__PARK__}'")
        .execute(world.pool())
        .await
        .unwrap();
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    assert_eq!(world.pass().await.failures, 1);
    assert!(world.last_error(resource).await.contains("parked"));
    assert_eq!(world.states(resource).await, ["pending"]);
    sqlx::raw_sql("update customer set account_tags = '{}'")
        .execute(world.pool())
        .await
        .unwrap();
    world.later(TimeDelta::minutes(1));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
}

#[tokio::test]
async fn an_account_that_is_gone_keeps_nobody_else_waiting() {
    let world = World::new().await;
    let (gone, other) = (world.resource().await, world.resource().await);
    world.push(gone, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    sqlx::raw_sql(
        "insert into customer (uuid, name, account_id, created_at, updated_at)
                   values (gen_random_uuid(), 'Bob', gen_random_uuid(), now(), now());
                   update customer set told = jsonb_build_object('name', name, 'email', email);
                   update resource set customer_id = (select id from customer where name = 'Bob') where id = 1",
    )
    .execute(world.pool())
    .await
    .unwrap();
    world.push(gone, &[("cpu", 1, dec!(4))]).await;
    world.push(other, &[("cpu", 1, dec!(4))]).await;
    assert_eq!(world.pass().await.failures, 1);
    assert_eq!(world.states(other).await, ["verified"]);
}
