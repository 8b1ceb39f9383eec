//! Hours far from the clocks, zeros and what was corrected: they begin nothing, end nothing, and keep nobody waiting.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use super::world::{PLAN, World};
use crate::support::faulty_proxy::Fault;

/// An hour of 2062, counted as the others are.
fn hour_of_2062(world: &World) -> i64 {
    let far: DateTime<Utc> = "2062-03-01T10:00:00Z".parse().unwrap();
    (far - world.month).num_hours()
}

async fn release(world: &World, resource: Uuid, hour: i64) {
    let body =
        json!({"resource": resource, "from": world.hour(hour), "until": world.hour(hour + 1), "reason": "they say so"});
    let answer = world.post("/api/holds/release/", body).await;
    assert_eq!(answer.status, 201, "{}", answer.shown());
}

async fn partitions(world: &World) -> Vec<String> {
    world
        .texts("select relname::text from pg_class where relname like 'usage_record_20%' and relispartition order by 1")
        .await
}

/// After that, an hour that lies ahead may be sent.
const SETTLED: TimeDelta = TimeDelta::minutes(20);
/// A plan with a monthly fee of its own.
const SITE: &str = "hosting";

#[tokio::test]
async fn an_hour_of_2062_or_2001_is_held_and_begins_nothing() {
    let world = World::new().await;
    let resource = world.resource().await;
    let (far, old) = (hour_of_2062(&world), -24 * 500);
    let others = partitions(&world).await;
    world
        .push(resource, &[("cpu", far, dec!(4)), ("cpu", old, dec!(4))])
        .await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["too-old", "ahead"]);
    assert_eq!(partitions(&world).await, others, "no month got a partition");
    assert!(world.proxy.posts().is_empty());
    assert_eq!(
        world.texts("select count(*)::text from usage_sum").await,
        ["0"],
        "nothing is estimated of it"
    );

    world.push(resource, &[("cpu", 3, dec!(4)), ("cpu", 4, dec!(4))]).await;
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["too-old", "verified", "verified", "ahead"]
    );
    let subscription = world.subscription(resource, PLAN).await;
    assert_eq!(subscription.billing_start_date, Some(world.month));
    world.terminate(resource, world.hour(5)).await;
    world.later(TimeDelta::hours(2));
    world.pass().await;
    let ended = world.subscription(resource, PLAN).await.billing_end_date;
    assert_eq!(ended, Some(world.hour(5)), "2062 ends nothing");
}

#[tokio::test]
async fn an_hour_ahead_goes_when_its_time_has_come() {
    let world = World::new().await;
    let resource = world.resource().await;
    let theirs = world.kb.clock().now().await.unwrap();
    let later = theirs.max(world.service.state.clock.now());
    let ahead = (later - world.month).num_hours() + 30;
    world
        .push(resource, &[("cpu", 0, dec!(4)), ("cpu", ahead, dec!(4))])
        .await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "ahead"]);
    // The later of the two clocks counts.
    world.service.state.clock.set(world.hour(ahead));
    world.pass().await;
    world.later(TimeDelta::hours(2));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "verified"]);
}

#[tokio::test]
async fn what_kill_bill_s_clock_allows_is_not_held_though_ours_does_not() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.service.state.clock.set(world.month - TimeDelta::days(3));
    let yesterday = world.hour(-24);
    let pushed = json!({"records": [{"resource": resource, "meter": "cpu", "hour": yesterday, "quantity": "4"}]});
    let answer = world.post("/api/usage-records/", pushed).await.json();
    assert_eq!(
        answer["results"][0]["held"], "ahead",
        "Kill Bill was never asked: {answer}"
    );
    world.pass().await;
    world.later(TimeDelta::minutes(20));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
    let sum = "select quantity::text from usage_sum";
    assert_eq!(world.texts(sum).await, ["4.000000000"], "and it is counted");
}

#[tokio::test]
async fn a_subscription_that_waits_for_a_wrong_hour_is_replaced_when_it_is_corrected() {
    let world = World::new().await;
    let resource = world.resource().await;
    let far = hour_of_2062(&world);
    world.push(resource, &[("cpu", far, dec!(4))]).await;
    release(&world, resource, far).await;
    world.later(SETTLED);
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
    let wrong = world.subscription(resource, PLAN).await;
    assert_eq!(wrong.billing_start_date.unwrap().format("%Y").to_string(), "2062");
    world.push(resource, &[("cpu", 3, dec!(4)), ("cpu", 4, dec!(4))]).await;
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["before-subscription", "before-subscription", "verified"]
    );

    world.correct(resource, &[("cpu", far, dec!(0))]).await;
    world.later(SETTLED);
    world.pass().await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "verified", "verified"]);
    let undone = world.kb.subscriptions().get(wrong.subscription_id).await.unwrap();
    assert!(undone.is_undone(), "{undone:?}");
    let key = format!("{}:{PLAN}:2", resource.simple());
    let right = world.kb.subscriptions().by_external_key(&key).await.unwrap().unwrap();
    assert_eq!(right.billing_start_date, Some(world.month));
    let seen = world
        .kb
        .usages()
        .sums(right.subscription_id, world.month, world.hour(24))
        .await
        .unwrap();
    assert_eq!(seen["cpu"], dec!(8));
    // 0.0125 each.
    assert_eq!(world.upcoming_lines().await, ["vm-cpu 0.1"]);
}

#[tokio::test]
async fn a_start_may_be_put_right_while_nothing_was_billed() {
    let world = World::new().await;
    let resource = Uuid::new_v4();
    world
        .register(resource, json!({"started_at": "2062-03-01T10:00:00Z"}))
        .await;
    world.push(resource, &[("cpu", 3, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["before-subscription"]);
    world.register(resource, json!({"started_at": world.hour(2)})).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
    let key = format!("{}:{PLAN}:2", resource.simple());
    let right = world.kb.subscriptions().by_external_key(&key).await.unwrap().unwrap();
    assert_eq!(right.billing_start_date, Some(world.hour(2)));
    let body =
        json!({"name": "web-1", "type": "OpenStack.Instance", "customer": world.customer, "started_at": world.hour(1)});
    let answer = world
        .service
        .call(
            "PUT",
            &world.service.staff,
            &format!("/api/resources/{resource}/"),
            body,
        )
        .await;
    assert_eq!(answer.status, 409, "usage was sent: {}", answer.shown());
}

#[tokio::test]
async fn zeros_neither_begin_a_subscription_nor_end_it() {
    let world = World::new().await;
    let resource = world.resource().await;
    let zeros = |hours: std::ops::Range<i64>| hours.map(|hour| ("traffic", hour, dec!(0))).collect::<Vec<_>>();
    world.push(resource, &zeros(0..3)).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["nothing-consumed"; 3]);
    world.push(resource, &[("traffic", 100, dec!(5))]).await;
    world.push(resource, &zeros(101..103)).await;
    world.push(resource, &zeros(200..202)).await;
    world.terminate(resource, world.hour(150)).await;
    world.pass().await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"; 8]);
    let site = world.subscription(resource, SITE).await;
    assert_eq!(
        (site.billing_start_date, site.billing_end_date),
        (Some(world.hour(100)), Some(world.hour(150))),
        "the fee is for fifty hours"
    );
}

#[tokio::test]
async fn a_fee_that_began_at_a_wrong_hour_is_undone_and_one_that_nothing_consumes_ends() {
    let world = World::new().await;
    let resource = world.resource().await;
    let far = hour_of_2062(&world);
    world.push(resource, &[("traffic", far, dec!(5))]).await;
    release(&world, resource, far).await;
    world.later(SETTLED);
    world.pass().await;
    let wrong = world.subscription(resource, SITE).await;
    world.correct(resource, &[("traffic", far, dec!(0))]).await;
    world.terminate(resource, world.hour(150)).await;
    world.later(SETTLED);
    world.pass().await;
    let undone = world.kb.subscriptions().get(wrong.subscription_id).await.unwrap();
    assert!(undone.is_undone(), "no fee until 2062: {undone:?}");
}

/// Found with an account whose month had been invoiced meanwhile: they were withdrawn, though Kill Bill had them.
#[tokio::test]
async fn corrections_that_make_up_for_each_other_are_found_hour_by_hour() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(2)), ("cpu", 1, dec!(2))]).await;
    world.pass().await;
    for (fault, posts) in [(Fault::DropAnswer, 2), (Fault::DropRequest, 4)] {
        let (less, more) = if posts == 2 {
            (dec!(1), dec!(3))
        } else {
            (dec!(2), dec!(2))
        };
        world.correct(resource, &[("cpu", 0, less), ("cpu", 1, more)]).await;
        world.proxy.inject([fault]);
        world.pass().await;
        world.later(TimeDelta::minutes(3));
        world.pass().await;
        world.pass().await;
        assert_eq!(world.proxy.posts().len(), posts, "{:?}", world.history().await);
        assert!(world.deliveries().await.iter().all(|state| state == "verified"));
    }
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn only_staff_lets_hours_go_and_only_those_that_are_held() {
    let world = World::new().await;
    let resource = world.resource().await;
    let old = -24 * 500;
    world
        .push(resource, &[("cpu", old, dec!(4)), ("cpu", 0, dec!(4))])
        .await;
    let body = |from: i64| json!({"resource": resource, "meter": "cpu", "from": world.hour(from), "until": world.hour(from + 1), "reason": "from an old collector"});
    let service = &world.service;
    for token in [&service.pusher, &service.support] {
        let answer = service.call("POST", token, "/api/holds/release/", body(old)).await;
        assert_eq!(answer.status, 403);
    }
    assert_eq!(world.post("/api/holds/release/", body(0)).await.status, 409);
    let released = world.post("/api/holds/release/", body(old)).await;
    assert_eq!(
        (released.status.as_u16(), released.json()["record_count"].as_i64()),
        (201, Some(1))
    );
    let listed = service.get(&service.support, "/api/holds/releases/").await.json();
    assert_eq!(listed[0]["reason"], "from an old collector");
    world.pass().await;
    assert!(!world.states(resource).await.contains(&"too-old".to_owned()));
    // A later correction of it is not held either.
    world.correct(resource, &[("cpu", old, dec!(5))]).await;
    world.pass().await;
    assert!(!world.states(resource).await.contains(&"too-old".to_owned()));
}
