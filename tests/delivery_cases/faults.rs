//! Every way in which a post's outcome can stay unknown: waited out, read back, and delivered exactly once.

use rust_decimal::dec;

use super::world::{WAIT_OUT, World};
use crate::support::faulty_proxy::{BAD_GATEWAY, Fault, HALF};

/// One fault on the first post: nothing more is sent before the time is up, then the books decide.
async fn survives(fault: Fault, arrived: bool) {
    survived(World::new().await, fault, arrived).await;
}

async fn survived(world: World, fault: Fault, arrived: bool) {
    let resource = world.resource().await;
    world
        .push(
            resource,
            &[
                ("cpu", 0, dec!(4)),
                ("cpu", 1, dec!(0.000000001)),
                ("memory", 0, dec!(8.5)),
            ],
        )
        .await;
    world.proxy.inject([fault]);
    let report = world.pass().await;
    assert_eq!(
        (report.failures, report.records, world.deliveries().await),
        (1, 0, vec!["unknown".to_owned()])
    );
    assert_eq!(world.states(resource).await, ["unknown"; 3]);

    world.later(WAIT_OUT / 2);
    world.push(resource, &[("cpu", 2, dec!(4))]).await;
    world.pass().await;
    assert_eq!(
        world.proxy.posts().len(),
        1,
        "{fault:?}: the server may still be working on it"
    );
    assert_eq!(world.deliveries().await, ["unknown"]);

    world.later(WAIT_OUT);
    let report = world.pass().await;
    assert_eq!((report.failures, report.verified), (0, 2), "{fault:?}");
    assert_eq!(world.deliveries().await, ["verified", "verified"]);
    let (posts, history) = (world.proxy.posts(), world.history().await);
    if arrived {
        assert_eq!(history, ["send unknown", "read-back delivered", "send delivered"]);
        assert_eq!(posts.len(), 2, "not sent again");
    } else {
        assert_eq!(
            history,
            ["send unknown", "read-back prepared", "send delivered", "send delivered"]
        );
        assert_eq!(posts[0], posts[1], "the same content under the same tracking id");
    }
    world.assert_balanced(resource).await;
    assert!(world.states(resource).await.iter().all(|state| state == "verified"));
}

#[tokio::test]
async fn a_request_that_is_lost_on_the_way_is_sent_again() {
    survives(Fault::DropRequest, false).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_on_the_way_back_is_not_needed() {
    survives(Fault::DropAnswer, true).await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_needed() {
    survived(World::new().await.impatient(), Fault::Silence, true).await;
}

#[tokio::test]
async fn a_proxy_s_error_after_forwarding_does_not_make_it_twice() {
    survives(Fault::ForwardAndAnswer(BAD_GATEWAY), true).await;
}

#[tokio::test]
async fn a_proxy_s_error_without_forwarding_does_not_lose_it() {
    survives(Fault::Answer(BAD_GATEWAY), false).await;
}

/// Found by the simulation (seed 145).
#[tokio::test]
async fn a_page_that_says_200_is_no_answer_of_kill_bill() {
    const MAINTENANCE: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>ok</html>";
    survives(Fault::Answer(MAINTENANCE), false).await;
}

#[tokio::test]
async fn half_an_answer_is_none() {
    survives(Fault::ForwardAndAnswer(HALF), true).await;
}

/// Found by the simulation (seed 1386): with 400 Kill Bill also says that it has the delivery already, and that half of the
/// answer is lost here. It was left to a person as refused.
#[tokio::test]
async fn half_a_refusal_is_no_answer() {
    const HALF_REFUSED: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 200\r\n\
                                connection: close\r\n\r\n{\"className\":\"org.killbill.billing.usage.api";
    survives(Fault::ForwardAndAnswer(HALF_REFUSED), true).await;
    survives(Fault::Answer(HALF_REFUSED), false).await;
}

#[tokio::test]
async fn a_request_that_arrives_after_its_sender_gave_up_counts_once() {
    let world = World::new().await.impatient();
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.proxy.inject([Fault::Hold]);
    world.pass().await;
    assert_eq!(world.deliveries().await, ["unknown"]);
    world.proxy.release();
    let id = world.subscription(resource, super::world::PLAN).await.subscription_id;
    let sums = async || world.kb.usages().sums(id, world.month, world.hour(1)).await.unwrap();
    while sums().await.is_empty() {
        tokio::task::yield_now().await;
    }
    world.later(WAIT_OUT);
    assert_eq!(world.pass().await.verified, 1);
    assert_eq!(world.proxy.posts().len(), 1);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn one_failure_after_the_other_is_survived() {
    let world = World::new().await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(4)), ("memory", 5, dec!(1))])
        .await;
    let faults = [Fault::DropRequest, Fault::Answer(BAD_GATEWAY), Fault::DropAnswer];
    world.proxy.inject(faults);
    for _ in faults {
        world.pass().await;
        assert_eq!(world.deliveries().await, ["unknown"]);
        world.later(WAIT_OUT);
    }
    assert_eq!(world.pass().await.verified, 1);
    assert_eq!(world.proxy.posts().len(), 3);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn zeros_that_nobody_can_find_again_are_sent_again() {
    let world = World::new().await;
    let resource = world.resource().await;
    // A subscription begins with what consumes.
    world.push(resource, &[("cpu", 2, dec!(4))]).await;
    world.pass().await;
    world.push(resource, &[("cpu", 0, dec!(0)), ("cpu", 1, dec!(0))]).await;
    world.proxy.inject([Fault::DropAnswer]);
    world.pass().await;
    world.later(WAIT_OUT);
    world.pass().await;
    assert_eq!(
        world.history().await,
        ["send delivered", "send unknown", "read-back prepared", "send delivered"]
    );
    let told = world
        .texts("select answer from delivery_attempt where outcome = 'delivered' order by at desc limit 1")
        .await;
    assert_eq!(told, ["was there already"], "Kill Bill knows the tracking id");
    assert_eq!(world.deliveries().await, ["verified"; 2]);
}
