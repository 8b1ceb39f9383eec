//! A definite refusal waits for a person, and holds up nobody else.

use chrono::TimeDelta;
use rust_decimal::dec;
use serde_json::json;

use super::world::{PLAN, WAIT_OUT, World};
use crate::support::faulty_proxy::Fault;

const REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 55\r\nconnection: close\r\n\r\n{\"className\":\"x\",\"code\":4711,\"message\":\"not like this\"}";

#[tokio::test]
async fn a_refused_delivery_blocks_its_lane_until_somebody_sends_it_again() {
    let world = World::new().await;
    let (refused, other) = (world.resource().await, world.resource().await);
    world.push(refused, &[("cpu", 0, dec!(4))]).await;
    world.proxy.inject([Fault::Answer(REFUSAL)]);
    assert_eq!(world.pass().await.failures, 1);
    world
        .push(refused, &[("cpu", 1, dec!(4)), ("licence", 1, dec!(1))])
        .await;
    world.push(other, &[("cpu", 1, dec!(4))]).await;
    world.pass().await;
    assert_eq!(
        world.states(refused).await,
        ["refused", "pending", "verified"],
        "another subscription goes on"
    );
    assert_eq!(world.states(other).await, ["verified"]);
    world.later(TimeDelta::days(1));
    world.pass().await;
    assert_eq!(world.proxy.posts().len(), 3, "it is not sent again by itself");

    let listed = world
        .service
        .get(&world.service.staff, "/api/deliveries/?state=refused")
        .await
        .json();
    assert_eq!(
        (&listed[0]["detail"], &listed[0]["record_count"]),
        (&json!("not like this"), &json!(1))
    );
    let retry = format!("/api/deliveries/{}/retry/", listed[0]["uuid"].as_str().unwrap());
    assert_eq!(world.post(&retry, json!({})).await.status, 200);
    world.pass().await;
    assert_eq!(world.states(refused).await, ["verified"; 3]);
    assert_eq!(world.proxy.posts()[0], world.proxy.posts()[3], "as it was");
    world.assert_balanced(refused).await;
    world.assert_balanced(other).await;
}

#[tokio::test]
async fn a_subscription_that_was_cancelled_behind_our_back_refuses_and_the_rest_is_held() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    let id = world.subscription(resource, PLAN).await.subscription_id;
    world.kb.subscriptions().cancel(id, world.hour(5)).await.unwrap();
    world.push(resource, &[("cpu", 1, dec!(4)), ("cpu", 6, dec!(4))]).await;
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["verified", "verified", "after-subscription"]
    );

    // The same between two steps of a worker: what is fixed already is refused as a whole.
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    world.push(resource, &[("cpu", 6, dec!(4))]).await;
    world.proxy.inject([Fault::Hold]);
    let cancel = async {
        world.proxy.next_post().await;
        world.proxy.next_post().await;
        let id = world.subscription(resource, PLAN).await.subscription_id;
        world.kb.subscriptions().cancel(id, world.hour(5)).await.unwrap();
        world.proxy.release();
    };
    let (report, ()) = tokio::join!(world.pass(), cancel);
    assert_eq!(
        (report.failures, world.states(resource).await),
        (1, vec!["verified".to_owned(), "unknown".to_owned()]),
        "the container's 400 says nothing about what became of it"
    );
    world.later(WAIT_OUT);
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "after-subscription"]);
    assert_eq!(
        world.deliveries().await,
        ["verified", "withdrawn"],
        "nobody has to do anything"
    );
}

#[tokio::test]
async fn what_is_refused_is_named_with_its_worth_and_a_selection_is_sent_again_at_once() {
    let world = World::new().await;
    let resources = [world.resource().await, world.resource().await, world.resource().await];
    for resource in resources {
        world.push(resource, &[("cpu", 0, dec!(4))]).await;
    }
    world.proxy.inject([Fault::Answer(REFUSAL); 3]);
    assert_eq!(world.pass().await.failures, 3);
    let open = world.open("refused").await;
    assert_eq!(
        open.iter().map(|(amount, _)| *amount).collect::<Vec<_>>(),
        [dec!(-0.05); 3]
    );
    assert!(
        open[0].1.contains("not like this") && open[0].1.contains("4 cpu of web-1"),
        "{open:?}"
    );

    let again = async |selection| {
        let answer = world.post("/api/deliveries/retry/", selection).await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
        answer.json()["retried"].clone()
    };
    assert_eq!(again(json!({"plan": "another-plan"})).await, json!(0));
    assert_eq!(again(json!({"resource": resources[0]})).await, json!(1));
    assert_eq!(again(json!({"customer": world.customer})).await, json!(2), "the others");
    assert_eq!(again(json!({})).await, json!(0));
    world.pass().await;
    for resource in resources {
        assert_eq!(world.states(resource).await, ["verified"]);
        world.assert_balanced(resource).await;
    }
    assert!(world.open("refused").await.is_empty());
    let history = world.history().await;
    assert_eq!(history.iter().filter(|line| *line == "retry prepared").count(), 3);
}
