//! Weaknesses of the predecessor in what it pushed (docs/weaknesses.md): what a real Kill Bill has in the end, hour by hour.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use rust_decimal::{Decimal, dec};
use serde_json::json;
use uuid::Uuid;

use super::world::{PLAN, World, price_list};
use crate::support::killbill_server::shared_url;

impl World {
    /// What Kill Bill has of the resource's CPU from one hour up to another.
    async fn cpu(&self, resource: Uuid, from: i64, until: i64) -> Decimal {
        let id = self.subscription(resource, PLAN).await.subscription_id;
        let sums = self.kb.usages().sums(id, self.hour(from), self.hour(until)).await;
        sums.unwrap().get("cpu").copied().unwrap_or_default()
    }
}

#[tokio::test]
async fn w03_registering_and_pushing_again_bills_nothing_again() {
    let world = World::new().await;
    let resource = world.resource().await;
    let lifetime = [("cpu", 0, dec!(4)), ("cpu", 1, dec!(4)), ("cpu", 100, dec!(4))];
    world.push(resource, &lifetime).await;
    world.pass().await;
    let first = world.subscription(resource, PLAN).await;

    let customer = format!("/api/customers/{}/", world.customer);
    world.put(&customer, json!({"name": "Alice"})).await;
    world.register(resource, json!({})).await;
    world.push(resource, &lifetime).await;
    world.later(TimeDelta::hours(1));
    let report = world.pass().await;
    assert_eq!((report.deliveries, world.proxy.posts().len()), (0, 1));
    assert_eq!(world.cpu(resource, 0, 101).await, dec!(12));
    let second = world.subscription(resource, PLAN).await;
    assert_eq!(
        (second.subscription_id, second.billing_start_date),
        (first.subscription_id, first.billing_start_date),
        "neither subscribed anew nor moved back"
    );
}

#[tokio::test]
async fn w09_hours_are_half_open_and_meet_without_a_gap() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(1)), ("cpu", 1, dec!(2))]).await;
    // Neither pass is at an hour's end, and each takes its time.
    world.later(TimeDelta::seconds(1_063));
    world.pass().await;
    world.push(resource, &[("cpu", 2, dec!(4)), ("cpu", 3, dec!(8))]).await;
    world.later(TimeDelta::seconds(4_271));
    world.pass().await;
    assert_eq!(world.proxy.posts().len(), 2);
    let mut each = vec![];
    for hour in 0..4 {
        each.push(world.cpu(resource, hour, hour + 1).await);
    }
    assert_eq!(
        each,
        [1, 2, 4, 8].map(Decimal::from),
        "every hour once, on either side of a pass"
    );
}

#[tokio::test]
async fn w11_two_meters_of_one_unit_are_added_up() {
    let world = World::new().await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(40)), ("burst", 0, dec!(8.5))])
        .await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"; 2]);
    assert_eq!(world.cpu(resource, 0, 1).await, dec!(48.5));
    assert_eq!(
        world.upcoming_lines().await,
        ["vm-cpu 0.61"],
        "49 whole units of 0.0125"
    );
}

#[tokio::test]
async fn w24_usage_without_a_price_is_kept_and_goes_out_when_it_has_one() {
    let mut without = price_list();
    without.plans.retain(|plan| plan.name != "licence-by-minute");
    let world = World::with(&shared_url(), &[without]).await;
    let resource = world.resource().await;
    world.push(resource, &[("licence", 0, dec!(3))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["no-price"]);
    assert!(world.proxy.posts().is_empty());

    let priced = price_list().effective_on("2025-01-01");
    world.kb.catalog().upload(&priced.xml()).await.unwrap();
    world.pull_prices().await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
    assert_eq!(world.upcoming_lines().await, ["licence-time 0.18"]);
}

#[tokio::test]
async fn w48_a_rename_is_answered_at_once_and_told_to_kill_bill_later() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;

    // Kill Bill is away; nobody who renames has to know.
    let away = world.worker_on(&"http://127.0.0.1:9/1.0/kb/".parse().unwrap());
    world.register(resource, json!({"name": "web-1, renamed"})).await;
    let shown = world
        .service
        .get(&world.service.staff, &format!("/api/resources/{}/", resource.simple()))
        .await;
    assert_eq!(shown.json()["name"], "web-1, renamed");
    assert!(away.pass(&|_, _| ()).await.is_err());
    assert_eq!(world.told(resource).await, "web-1");
    world.later(TimeDelta::minutes(5));
    world.pass().await;
    assert_eq!(world.told(resource).await, "web-1, renamed");
}

impl World {
    /// The resource's name as Kill Bill knows it.
    async fn told(&self, resource: Uuid) -> String {
        let id = self.subscription(resource, PLAN).await.subscription_id;
        let fields = self.kb.custom_fields().list(id).await.unwrap();
        let names: BTreeMap<String, String> = fields.into_iter().map(|field| (field.name, field.value)).collect();
        names["resource_name"].clone()
    }
}
