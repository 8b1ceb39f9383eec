//! Weaknesses of the predecessor (docs/weaknesses.md) that only a real Kill Bill can show to be gone.

use chrono::TimeDelta;
use nodeconductor_billing::killbill::subscriptions::NewSubscription;
use rust_decimal::dec;
use serde_json::json;

use super::world::{PLAN, WAIT_OUT, World};
use crate::support::faulty_proxy::Fault;

#[tokio::test]
async fn w01_usage_that_could_not_be_pushed_is_kept_and_billed_once() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4)), ("cpu", 1, dec!(4))]).await;
    world.proxy.inject([Fault::DropRequest]);
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["unknown"; 2],
        "not lost, and not taken for done"
    );
    world.later(WAIT_OUT);
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"; 2]);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn w08_the_last_hours_go_out_before_the_subscription_ends() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    world.push(resource, &[("cpu", 1, dec!(4)), ("cpu", 2, dec!(4))]).await;
    world.terminate(resource, world.hour(2) + TimeDelta::minutes(20)).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"; 3]);
    assert_eq!(
        world.subscription(resource, PLAN).await.billing_end_date,
        Some(world.hour(3))
    );
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn w12_usage_is_dated_by_its_hour_and_not_by_the_day_of_the_push() {
    let world = World::new().await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 23, dec!(4)), ("cpu", 24, dec!(4))])
        .await;
    world.later(TimeDelta::days(3));
    world.pass().await;
    let post = world.proxy.posts().remove(0);
    for hour in [23, 24] {
        let day = world.hour(hour).format("%Y-%m-%dT%H:").to_string();
        assert!(post.contains(&day), "{day} in {post}");
    }
}

#[tokio::test]
async fn w13_a_lost_answer_and_a_second_worker_bill_nothing_twice() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.proxy.inject([Fault::DropAnswer]);
    world.pass().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.later(WAIT_OUT);
    let other = world.worker_on(&world.proxy.url);
    let (one, two) = tokio::join!(world.worker.pass(&|_, _| ()), other.pass(&|_, _| ()));
    one.unwrap();
    two.unwrap();
    world.pass().await;
    assert_eq!(world.proxy.posts().len(), 1, "it had arrived");
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn w25_w26_pushed_hours_and_licences_become_invoice_lines() {
    let world = World::new().await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(40)), ("licence", 0, dec!(3))])
        .await;
    world.pass().await;
    assert_eq!(world.upcoming_lines().await, ["licence-time 0.18", "vm-cpu 0.5"]);
}

#[tokio::test]
async fn w30_w31_an_account_has_no_made_up_address_and_follows_its_customer() {
    let world = World::new().await;
    let path = format!("/api/customers/{}/", world.customer);
    world.put(&path, json!({"name": "Alice"})).await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    let key = world.customer.simple().to_string();
    let account = world.kb.accounts().by_external_key(&key).await.unwrap().unwrap();
    assert_eq!(
        (account.name.as_deref(), account.email.as_deref().unwrap_or_default()),
        (Some("Alice"), "")
    );
    world
        .put(&path, json!({"name": "Alice & Co", "email": "pay@alice.test"}))
        .await;
    world.pass().await;
    let account = world.kb.accounts().get(account.account_id).await.unwrap();
    assert_eq!(
        (account.name.as_deref(), account.email.as_deref()),
        (Some("Alice & Co"), Some("pay@alice.test"))
    );
}

/// The predecessor took the bundle's first subscription, whatever had become of it.
#[tokio::test]
async fn w32_a_subscription_that_ends_is_not_taken_for_a_live_one() {
    let world = World::new().await;
    let (neighbour, resource) = (world.resource().await, world.resource().await);
    world.push(neighbour, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    let account = world.subscription(neighbour, PLAN).await.account_id;

    // The first of the resource's bundle is one that somebody made and ended.
    let ended = NewSubscription {
        account,
        external_key: format!("{}:formerly", resource.simple()),
        bundle_external_key: resource.simple().to_string(),
        plan: PLAN.to_owned(),
        billing_start: world.hour(0),
    };
    let ended = world.kb.subscriptions().create(&ended).await.unwrap();
    world.kb.subscriptions().cancel(ended, world.hour(1)).await.unwrap();
    world.push(resource, &[("cpu", 0, dec!(4)), ("cpu", 1, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"; 2]);
    let usages = world.kb.usages();
    let of_the_ended = usages.sums(ended, world.month, world.hour(48)).await.unwrap();
    assert!(of_the_ended.is_empty(), "{of_the_ended:?}");

    // And its own ends in Kill Bill, without a word to us.
    let own = world.subscription(resource, PLAN).await.subscription_id;
    world.kb.subscriptions().cancel(own, world.hour(2)).await.unwrap();
    let posts = world.proxy.posts().len();
    world.push(resource, &[("cpu", 2, dec!(4))]).await;
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["verified", "verified", "after-subscription"]
    );
    assert_eq!(world.proxy.posts().len(), posts, "it is not even offered");
    let sums = usages.sums(own, world.month, world.hour(48)).await.unwrap();
    assert_eq!(sums["cpu"], dec!(8));
}

#[tokio::test]
async fn w43_an_idle_resource_sends_nothing() {
    let world = World::new().await;
    world.resource().await;
    let report = world.pass().await;
    assert_eq!((report.failures, world.proxy.posts().len()), (0, 0));
}
