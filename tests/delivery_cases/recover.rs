//! An older backup takes the ledger's place: what was delivered since is only in Kill Bill. Nothing of it is told twice,
//! nothing is lost, and what nobody pushes again is named.

use nodeconductor_billing::killbill::usages::{UnitUsage, UsagePost};
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use uuid::Uuid;

use super::world::{Hourly, PLAN, World};
use crate::support::backup::Backup;
use crate::support::faulty_proxy::Fault;

/// `hours` of two meters.
fn usage(hours: std::ops::Range<i64>) -> Vec<Hourly> {
    hours
        .flat_map(|hour| {
            [
                ("cpu", hour, dec!(4)),
                ("memory", hour, dec!(8.5) + Decimal::from(hour)),
            ]
        })
        .collect()
}

impl World {
    /// The backup is put back, and the service starts again.
    async fn restored(&mut self, backup: &Backup) {
        backup.restore().await;
        self.worker = self.worker_on(&self.proxy.url);
    }

    /// Open discrepancies as `kind amount detail`.
    async fn named(&self) -> Vec<String> {
        self.texts(
            "select kind || ' ' || trim_scale(amount) || ' ' || detail from discrepancy where closed_at is null order by subject",
        )
        .await
    }

    async fn sends(&self, resource: Uuid, unit: &str, hour: i64, amount: Decimal) {
        let post = UsagePost {
            subscription: self.subscription(resource, PLAN).await.subscription_id,
            tracking_id: Uuid::new_v4().to_string(),
            units: vec![UnitUsage {
                unit: unit.to_owned(),
                records: vec![(self.hour(hour) + chrono::TimeDelta::minutes(30), amount)],
            }],
        };
        self.kb.usages().record(&post).await.unwrap();
    }
}

#[tokio::test]
async fn records_pushed_again_in_other_portions_are_recognised_and_not_sent_twice() {
    let mut world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &usage(0..5)).await;
    world.pass().await;
    let backup = Backup::of(world.pool()).await;
    for hour in 5..8 {
        world.push(resource, &usage(hour..hour + 1)).await;
        world.pass().await;
    }
    world
        .correct(resource, &[("cpu", 2, dec!(1)), ("memory", 6, dec!(0))])
        .await;
    world.pass().await;
    let posts = world.proxy.posts().len();

    world.restored(&backup).await;
    world.push(resource, &usage(5..8)).await;
    world
        .correct(resource, &[("cpu", 2, dec!(1)), ("memory", 6, dec!(0))])
        .await;
    world.push(resource, &usage(8..9)).await;
    let report = world.pass().await;
    assert_eq!(
        (report.failures, report.records),
        (0, 3),
        "only the new hour is sent, and a zero that changes nothing"
    );
    assert_eq!(world.proxy.posts().len(), posts + 1);
    assert!(world.deliveries().await.iter().all(|state| state == "verified"));
    assert_eq!(world.named().await, Vec::<String>::new());
    world.assert_balanced(resource).await;
    let told = world
        .texts("select answer from delivery_attempt where kind = 'read-back'")
        .await;
    assert_eq!(told, ["found in Kill Bill's sums: sent from a ledger that was lost"]);
}

#[tokio::test]
async fn what_waited_when_the_backup_was_made_is_not_sent_again() {
    let mut world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &usage(0..2)).await;
    let backup = Backup::of(world.pool()).await;
    world.pass().await;
    world.push(resource, &usage(2..4)).await;
    world.pass().await;

    world.restored(&backup).await;
    assert_eq!(world.states(resource).await, ["pending"; 4]);
    world.push(resource, &usage(3..5)).await;
    world.pass().await;
    let named = world.named().await;
    assert_eq!(
        named,
        [
            "only-in-killbill 0.05 cpu at 2026-00-00T02:00:00Z of web-1: Kill Bill holds 4, the ledger delivered 0 and nothing waits",
            "only-in-killbill 0.042 ram_gb at 2026-00-00T02:00:00Z of web-1: Kill Bill holds 10.5, the ledger delivered 0 and nothing waits",
        ]
        .map(|text| text.replace("2026-00-00", &world.month.format("%Y-%m-%d").to_string())),
        "the hour that nobody pushed again"
    );
    world.push(resource, &usage(2..3)).await;
    let report = world.pass().await;
    assert_eq!(report.records, 0);
    assert_eq!(world.named().await, Vec::<String>::new(), "it closes by itself");
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn a_correction_that_was_sent_before_its_record_comes_again_waits_for_it() {
    let mut world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(1))]).await;
    world.pass().await;
    let backup = Backup::of(world.pool()).await;
    world
        .push(resource, &[("cpu", 1, dec!(5)), ("memory", 1, dec!(2))])
        .await;
    world.pass().await;
    world.correct(resource, &[("cpu", 1, dec!(7))]).await;
    world.pass().await;

    world.restored(&backup).await;
    world
        .push(resource, &[("cpu", 1, dec!(5)), ("memory", 1, dec!(2))])
        .await;
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["verified", "differs-from-killbill", "delivered"],
        "cpu, cpu, memory"
    );
    assert_eq!(world.named().await.len(), 1);
    world.correct(resource, &[("cpu", 1, dec!(7))]).await;
    world.pass().await;
    assert_eq!(world.named().await, Vec::<String>::new());
    assert!(world.states(resource).await.iter().all(|state| state == "verified"));
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn a_correction_that_was_not_sent_yet_tells_only_what_is_missing() {
    let mut world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(1))]).await;
    world.pass().await;
    let backup = Backup::of(world.pool()).await;
    world.push(resource, &[("cpu", 1, dec!(5))]).await;
    world.pass().await;

    world.restored(&backup).await;
    world.push(resource, &[("cpu", 1, dec!(5))]).await;
    world.correct(resource, &[("cpu", 1, dec!(7))]).await;
    world.pass().await;
    assert!(world.proxy.posts().last().unwrap().contains(r#""amount":2"#));
    assert_eq!(world.named().await, Vec::<String>::new());
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn a_delivery_under_way_at_the_backup_is_found_in_its_own_hours() {
    let mut world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &usage(0..2)).await;
    world.proxy.inject([Fault::DropAnswer]);
    world.pass().await;
    let backup = Backup::of(world.pool()).await;
    assert_eq!(world.deliveries().await, ["unknown"]);
    world.later(super::world::WAIT_OUT);
    world.push(resource, &usage(2..4)).await;
    world.pass().await;

    world.restored(&backup).await;
    world.push(resource, &usage(2..4)).await;
    let report = world.pass().await;
    assert_eq!((report.records, report.failures), (0, 0));
    assert_eq!(world.deliveries().await, ["verified", "verified"]);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn a_backup_that_takes_the_ledgers_place_under_a_running_worker_is_noticed() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &usage(0..1)).await;
    world.pass().await;
    let backup = Backup::of(world.pool()).await;
    world.push(resource, &usage(1..2)).await;
    world.pass().await;
    backup.restore().await;
    world.push(resource, &usage(1..3)).await;
    assert_eq!(world.pass().await.records, 2);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn an_hour_with_somebody_elses_usage_waits_and_the_others_go_on() {
    let mut world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &usage(0..1)).await;
    world.pass().await;
    world.sends(resource, "cpu", 1, dec!(3)).await;
    world.worker = world.worker_on(&world.proxy.url);
    world.push(resource, &usage(1..3)).await;
    world.pass().await;
    let held = |state: &str| state == "differs-from-killbill";
    let states = world.states(resource).await;
    assert_eq!(states.iter().filter(|state| held(state)).count(), 1, "{states:?}");
    let named = world.named().await;
    assert!(
        named[0].starts_with("differs-from-killbill 0.0375 cpu at")
            && named[0].ends_with("Kill Bill holds 3, the ledger delivered 0 and 4 waits"),
        "{named:?}"
    );
    let page = world
        .service
        .get(&world.service.staff, "/api/discrepancies/")
        .await
        .json();
    assert!(
        page[0]["next_step"]
            .as_str()
            .is_some_and(|step| step.contains("corrections too")),
        "{page}"
    );

    // Somebody takes the foreign usage back, and nobody has to tell us.
    world.sends(resource, "cpu", 1, dec!(-3)).await;
    world.later(chrono::TimeDelta::minutes(2));
    world.pass().await;
    assert_eq!(world.named().await, Vec::<String>::new());
    world.pass().await;
    assert!(world.states(resource).await.iter().all(|state| state == "verified"));
    world.assert_balanced(resource).await;
    let closed: Value = world
        .service
        .get(&world.service.staff, "/api/discrepancies/")
        .await
        .json();
    assert!(closed[0]["closed_at"].is_string(), "{closed}");
}

#[tokio::test]
async fn subscriptions_accounts_and_ends_are_found_again() {
    let mut world = World::new().await;
    let backup = Backup::of(world.pool()).await;
    let resource = Uuid::new_v4();
    let alice = Uuid::new_v4();
    let customer = serde_json::json!({"name": "Alice again", "email": "alice@customer.test"});
    let register = async |world: &World| {
        world.put(&format!("/api/customers/{alice}/"), customer.clone()).await;
        world.register(resource, serde_json::json!({"customer": alice})).await;
        world.push(resource, &usage(0..3)).await;
        world.terminate(resource, world.hour(3)).await;
    };
    register(&world).await;
    world.pass().await;
    let before = world.subscription(resource, PLAN).await;
    assert!(before.billing_end_date.is_some());

    world.restored(&backup).await;
    register(&world).await;
    let report = world.pass().await;
    assert_eq!((report.failures, report.records, report.ended), (0, 0, 1));
    let after = world.subscription(resource, PLAN).await;
    assert_eq!(
        (after.subscription_id, after.billing_end_date),
        (before.subscription_id, before.billing_end_date)
    );
    assert!(world.states(resource).await.iter().all(|state| state == "verified"));
    world.assert_balanced(resource).await;
}
