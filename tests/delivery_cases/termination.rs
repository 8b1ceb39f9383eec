//! The end of a resource: first everything is delivered, then its subscriptions end with its last hour.

use chrono::TimeDelta;
use rust_decimal::dec;

use super::world::{PLAN, WAIT_OUT, World};
use crate::support::faulty_proxy::Fault;

#[tokio::test]
async fn the_subscription_ends_with_the_last_hour_after_everything_is_delivered() {
    let world = World::new().await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 20, dec!(4)), ("cpu", 21, dec!(4))])
        .await;
    world.terminate(resource, world.hour(21) + TimeDelta::minutes(20)).await;
    world.proxy.inject([Fault::DropAnswer]);
    world.pass().await;
    assert_eq!(
        world.subscription(resource, PLAN).await.billing_end_date,
        None,
        "an outcome is open"
    );
    world.later(WAIT_OUT);
    let report = world.pass().await;
    assert_eq!((report.verified, report.ended), (1, 1));
    let ended = world.subscription(resource, PLAN).await;
    assert_eq!(
        (ended.billing_end_date, ended.cancelled_date),
        (Some(world.hour(22)), Some(world.hour(22)))
    );
    world.assert_balanced(resource).await;
    assert_eq!(world.pass().await.resources, 0, "nothing is left to do");
}

#[tokio::test]
async fn late_hours_before_the_end_still_go() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 20, dec!(4))]).await;
    world.terminate(resource, world.hour(21)).await;
    assert_eq!(world.pass().await.ended, 1);
    world
        .push(
            resource,
            &[("cpu", 3, dec!(4)), ("memory", 20, dec!(8)), ("licence", 19, dec!(1))],
        )
        .await;
    world.correct(resource, &[("cpu", 20, dec!(5))]).await;
    world.pass().await;
    world.pass().await;
    assert!(
        world.states(resource).await.iter().all(|state| state == "verified"),
        "{:?}",
        world.states(resource).await
    );
    world.assert_balanced(resource).await;
    let licence = world.subscription(resource, "licence-by-minute").await;
    assert_eq!(
        licence.billing_end_date,
        Some(world.hour(21)),
        "what began late ends with the rest"
    );
}

#[tokio::test]
async fn the_last_hour_may_settle_first() {
    let world = World::new().await;
    let resource = world.resource().await;
    let clock = &world.service.state.clock;
    clock.set(world.hour(21));
    world.push(resource, &[("cpu", 19, dec!(4))]).await;
    world.terminate(resource, world.hour(21)).await;
    world.pass().await;
    assert_eq!(world.subscription(resource, PLAN).await.billing_end_date, None);
    world.push(resource, &[("cpu", 20, dec!(4))]).await;
    clock.set(world.hour(21) + TimeDelta::minutes(10));
    assert_eq!(world.pass().await.ended, 1);
    assert_eq!(
        world.subscription(resource, PLAN).await.billing_end_date,
        Some(world.hour(21))
    );
    world.assert_balanced(resource).await;
}
