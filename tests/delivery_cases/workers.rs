//! Several workers on one ledger: one speaks for a resource at a time, and whoever was overtaken changes nothing.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use rust_decimal::dec;

use super::world::{Hourly, WAIT_OUT, World};
use crate::support::faulty_proxy::Fault;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_share_the_work_and_send_nothing_twice() {
    let world = World::new().await;
    let mut resources = Vec::new();
    for n in 0..6 {
        let resource = world.resource().await;
        let hours: Vec<Hourly> = (0..48)
            .map(|hour| ("cpu", hour, dec!(0.25) * rust_decimal::Decimal::from(n + 1)))
            .collect();
        world.push(resource, &hours).await;
        resources.push(resource);
    }
    let other = world.worker_on(&world.proxy.url);
    for _ in 0..2 {
        let (one, two) = tokio::join!(world.worker.pass(&|_, _| ()), other.pass(&|_, _| ()));
        one.unwrap();
        two.unwrap();
    }
    let errors = world
        .texts("select last_error from resource where last_error is not null")
        .await;
    assert_eq!(errors, Vec::<String>::new());
    let posts = world.proxy.posts();
    assert_eq!((posts.len(), posts.iter().collect::<BTreeSet<_>>().len()), (6, 6));
    assert_eq!(world.deliveries().await, ["verified"; 6]);
    for resource in resources {
        world.assert_balanced(resource).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_has_one_delivery_on_its_way_whoever_works_on_it() {
    let world = World::new().await;
    let resource = world.resource().await;
    let hours: Vec<Hourly> = (0..230)
        .flat_map(|hour| ["cpu", "memory", "disk", "servers"].map(|meter| (meter, hour, dec!(1))))
        .collect();
    world.push(resource, &hours).await;
    world.proxy.inject([Fault::Hold]);
    let other = world.worker_on(&world.proxy.url);
    let second = async {
        world.proxy.next_post().await;
        let report = other.pass(&|_, _| ()).await.unwrap();
        assert_eq!(report.resources, 0, "it is leased");
        world
            .push(resource, &[("cpu", 230, dec!(1)), ("cpu", 229, dec!(1))])
            .await;
        assert_eq!(other.pass(&|_, _| ()).await.unwrap().deliveries, 0);
        world.proxy.release();
    };
    let (first, ()) = tokio::join!(world.pass(), second);
    world.pass().await;
    assert!(first.deliveries >= 1);
    assert_eq!(world.proxy.most_in_flight(), 1);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn a_worker_that_hangs_is_overtaken_and_its_late_answer_changes_nothing() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.proxy.inject([Fault::Hold]);
    let other = world.worker_on(&world.proxy.url);
    let overtake = async {
        world.proxy.next_post().await;
        world.later(TimeDelta::minutes(3));
        other.pass(&|_, _| ()).await.unwrap();
        assert_eq!(
            world.deliveries().await,
            ["unknown"],
            "nobody knows what the first one did"
        );
        world.proxy.release();
    };
    let (first, ()) = tokio::join!(world.pass(), overtake);
    assert_eq!(first.deliveries, 0, "it was overtaken");
    assert_eq!(world.deliveries().await, ["unknown"]);
    world.later(WAIT_OUT);
    other.pass(&|_, _| ()).await.unwrap();
    assert_eq!(world.deliveries().await, ["verified"]);
    assert_eq!(world.history().await, ["send unknown", "read-back delivered"]);
    assert_eq!(world.proxy.posts().len(), 1);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn an_overtaken_worker_cannot_settle_the_next_attempt() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.proxy.inject([Fault::Hold, Fault::Hold]);
    let other = world.worker_on(&world.proxy.url);
    let overtake = async {
        world.proxy.next_post().await;
        world.later(TimeDelta::minutes(3));
        other.pass(&|_, _| ()).await.unwrap();
        world.later(WAIT_OUT);
        // Not in the books: the second worker sends it again, while the first one's still hangs on the way.
        let release = async {
            world.proxy.next_post().await;
            world.proxy.release();
            while world.balance(resource).await.0.is_empty() {
                tokio::task::yield_now().await;
            }
            world.proxy.release();
        };
        tokio::join!(other.pass(&|_, _| ()), release).0.unwrap()
    };
    let (_, second) = tokio::join!(world.pass(), overtake);
    assert_eq!(second.failures, 0);
    assert_eq!(world.deliveries().await, ["verified"]);
    assert_eq!(
        world.history().await,
        ["send unknown", "read-back prepared", "send delivered"]
    );
    world.assert_balanced(resource).await;
}
