//! What must not go yet stays here, says why, and goes when the reason is gone.

use chrono::{SubsecRound, TimeDelta};
use nodeconductor_billing::domain::month::Month;
use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use super::world::{PLAN, World, price_list};
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
async fn hours_outside_the_subscription_are_held_with_what_to_do_and_go_when_it_is_extended() {
    let world = World::new().await;
    let resource = Uuid::new_v4();
    world.register(resource, json!({"started_at": world.hour(10)})).await;
    world.push(resource, &[("cpu", 10, dec!(4)), ("cpu", 9, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["before-subscription", "verified"]);
    let id = world.subscription(resource, PLAN).await.subscription_id;
    let ends = Month::containing(world.month).end();
    world.kb.subscriptions().cancel(id, ends).await.unwrap();
    let after = (ends - world.month).num_hours();
    world
        .push(resource, &[("cpu", after, dec!(4)), ("cpu", 11, dec!(4))])
        .await;
    world.later(TimeDelta::days(30));
    world.pass().await;
    let states = ["before-subscription", "verified", "verified", "after-subscription"];
    assert_eq!(world.states(resource).await, states);

    let path = "/api/usage-records/?held=after-subscription";
    let listed = world.service.get(&world.service.staff, path).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert!(listed[0]["held_detail"].as_str().unwrap().contains("after the end"));
    assert!(listed[0]["held_remedy"].as_str().unwrap().contains("cancellation"));

    world.uncancel(id).await;
    world.later(TimeDelta::minutes(9));
    world.pass().await;
    assert_eq!(world.states(resource).await, states, "not looked at yet");
    world.later(TimeDelta::minutes(1));
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["before-subscription", "verified", "verified", "verified"]
    );
    let held = world.service.get(&world.service.staff, "/api/holds/").await.json();
    assert_eq!(
        (
            &held[0]["held"],
            &held[0]["record_count"],
            &held[0]["worth"][0]["amount"]
        ),
        (&json!("before-subscription"), &json!(1), &json!("0.05"))
    );
    let metrics = String::from_utf8(world.service.get("", "/metrics").await.body).unwrap();
    assert!(
        metrics.contains("ncb_held_records{reason=\"before-subscription\"}"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_price_in_another_currency_waits_for_one_in_ours() {
    let mut euros = price_list();
    euros.currency = "EUR".to_owned();
    let world = World::with(&shared_url(), &[euros]).await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["no-currency"]);
    assert!(world.proxy.posts().is_empty(), "nothing left for Kill Bill");
    let dollars = price_list().effective_on("2025-01-01");
    world.kb.catalog().upload(&dollars.xml()).await.unwrap();
    world.pull_prices().await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
}

#[tokio::test]
async fn a_pass_that_is_overtaken_by_a_pause_sends_nothing_more_and_goes_on_when_it_is_resumed() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    let to = |verb: &str| format!("/api/jobs/deliver/{verb}/");
    let why = json!({ "reason": "Kill Bill is being upgraded" });
    let paused = world
        .service
        .call("POST", &world.service.staff, &to("pause"), why)
        .await;
    assert_eq!(paused.status, 200);
    assert_eq!(world.pass().await.deliveries, 0);
    assert_eq!(world.states(resource).await, ["pending"]);
    world.push(resource, &[("cpu", 1, dec!(4))]).await;
    world
        .service
        .call("POST", &world.service.staff, &to("resume"), json!({}))
        .await;
    assert_eq!(world.pass().await.records, 2);
    world.assert_balanced(resource).await;
}
