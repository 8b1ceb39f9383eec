//! What Kill Bill refuses or fails on holds its own hours, with its reason and worth, and stops nothing else.

use chrono::TimeDelta;
use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{PLAN, World, price_list};
use crate::support::catalog::SampleCatalog;
use crate::support::faulty_proxy::{BAD_GATEWAY, Fault, FaultyProxy};
use crate::support::killbill_server::shared_url;

fn with_category(plan: &str, category: &'static str) -> SampleCatalog {
    let mut catalog = price_list();
    let found = catalog.plans.iter_mut().find(|one| one.name == plan);
    found.unwrap().category = category;
    catalog
}

impl World {
    /// The hold of the resource's first held record, in words.
    async fn held_detail(&self, resource: Uuid) -> String {
        let path = format!("/api/usage-records/?resource={resource}&state=held");
        let records = self.service.get(&self.service.staff, &path).await.json();
        records[0]["held_detail"].as_str().unwrap_or_default().to_owned()
    }

    async fn hold(&self, code: &str) -> Value {
        let holds = self.service.get(&self.service.staff, "/api/holds/").await.json();
        let found = holds.as_array().unwrap().iter().find(|hold| hold["held"] == code);
        found.unwrap().clone()
    }
}

#[tokio::test]
async fn a_refused_plan_is_held_with_kill_bill_s_reason_and_stops_nothing_else() {
    let world = World::with(&shared_url(), &[with_category("licence-by-minute", "ADD_ON")]).await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(4)), ("licence", 0, dec!(1))])
        .await;
    assert_eq!(world.pass().await.failures, 1);
    assert_eq!(world.states(resource).await, ["verified", "plan-refused"]);
    world.assert_balanced(resource).await;
    let detail = world.held_detail(resource).await;
    assert!(
        detail.contains("`licence-by-minute`") && detail.contains("1013"),
        "{detail}"
    );
    let hold = world.hold("plan-refused").await;
    assert_eq!(
        (&hold["record_count"], &hold["worth"][0]["amount"]),
        (&json!(1), &json!("0.06"))
    );
    assert_eq!(world.open("obstructed").await, [(dec!(-0.06), detail.clone())]);
    assert_eq!(world.last_error(resource).await, detail);

    // What comes later waits with it, and the rest goes; it is offered again after a minute, not with every pass.
    world
        .push(resource, &[("cpu", 1, dec!(4)), ("licence", 1, dec!(1))])
        .await;
    assert_eq!(world.pass().await.failures, 0);
    assert_eq!(
        world.states(resource).await,
        ["verified", "plan-refused", "verified", "plan-refused"]
    );
    world.later(TimeDelta::minutes(1));
    assert_eq!(world.pass().await.failures, 1);

    let day = world.month.format("%Y-%m-%d").to_string();
    world
        .kb
        .catalog()
        .upload(&price_list().effective_on(&day).xml())
        .await
        .unwrap();
    world.pull_prices().await;
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["verified"; 4],
        "mended in the catalog, it goes by itself"
    );
    assert!(world.open("obstructed").await.is_empty());
    assert_eq!(world.last_error(resource).await, "");
}

#[tokio::test]
async fn a_plan_that_lacks_a_price_is_not_subscribed_as_kill_bill_would_park_the_account() {
    let in_euros = price_list()
        .xml()
        .replace(
            "</currency></currencies>",
            "</currency><currency>EUR</currency></currencies>",
        )
        .replace(
            "<currency>USD</currency><value>0.00004<",
            "<currency>EUR</currency><value>0.00004<",
        );
    assert!(in_euros.contains("<currency>EUR</currency><value>"));
    let world = World::of_catalogs(&shared_url(), &[in_euros]).await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(4)), ("licence", 0, dec!(1))])
        .await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["plan-refused", "verified"]);
    let detail = world.held_detail(resource).await;
    assert!(detail.contains("`ram_gb`") && detail.contains("USD"), "{detail}");
    assert_eq!(world.open("obstructed").await, [(dec!(-0.05), detail)]);

    let day = world.month.format("%Y-%m-%d").to_string();
    let mended = price_list().effective_on(&day).xml();
    world.kb.catalog().upload(&mended).await.unwrap();
    world.pull_prices().await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"; 2]);
    assert!(world.open("obstructed").await.is_empty());
}

#[tokio::test]
async fn a_second_base_plan_of_a_resource_is_refused_and_the_first_one_goes() {
    let mut catalog = with_category(PLAN, "BASE");
    let other = catalog.plans.iter_mut().find(|one| one.name == "hosting").unwrap();
    other.category = "BASE";
    let world = World::with(&shared_url(), &[catalog]).await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    world
        .push(resource, &[("cpu", 1, dec!(4)), ("traffic", 1, dec!(1))])
        .await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "verified", "plan-refused"]);
    assert!(world.held_detail(resource).await.contains("1015"));
}

#[tokio::test]
async fn what_fails_for_five_minutes_is_held_and_goes_when_it_works() {
    let mut world = World::new().await;
    let subscriptions = |head: &str| head.starts_with("POST") && head.contains("/subscriptions");
    world.proxy = FaultyProxy::watching(&shared_url(), subscriptions).await;
    world.worker = world.worker_on(&world.proxy.url);
    let (broken, other) = (world.resource().await, world.resource().await);
    world.push(broken, &[("cpu", 0, dec!(4))]).await;
    world.proxy.inject([Fault::Answer(BAD_GATEWAY); 4]);
    for (waited, state) in [
        (0, "pending"),
        (100, "pending"),
        (190, "pending"),
        (10, "killbill-fails"),
    ] {
        world.later(TimeDelta::seconds(waited));
        assert_eq!(world.pass().await.failures, 1, "{waited}");
        assert_eq!(world.states(broken).await, [state], "{waited}");
    }
    world.later(TimeDelta::seconds(30));
    assert_eq!(world.open("obstructed").await.len(), 1);
    world.push(other, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.states(other).await, ["verified"]);
    assert_eq!(world.states(broken).await, ["verified"]);
    assert!(world.open("obstructed").await.is_empty());
}

#[tokio::test]
async fn parked_accounts_are_found_with_one_question_however_many_there_are() {
    let mut world = World::new().await;
    world.proxy = FaultyProxy::watching(&shared_url(), |head| head.contains("/tags")).await;
    world.worker = world.worker_on(&world.proxy.url);
    for _ in 0..10 {
        let (customer, resource) = (Uuid::new_v4(), Uuid::new_v4());
        world
            .put(&format!("/api/customers/{customer}/"), json!({"name": "Somebody"}))
            .await;
        world.register(resource, json!({"customer": customer})).await;
        world.push(resource, &[("cpu", 0, dec!(4))]).await;
    }
    world.pass().await;
    assert_eq!(world.deliveries().await, ["verified"; 10]);
    assert_eq!(world.proxy.posts().len(), 1);
}
