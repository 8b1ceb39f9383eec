//! Usage travels by the day: once it is over, and sooner where money needs it.

use chrono::TimeDelta;
use nodeconductor_billing::domain::due::Rhythm;
use rust_decimal::dec;

use super::world::{Hourly, World, price_list};
use crate::support::killbill_server::{OwnServer, shared_url};

/// The hour of the eleventh, on which our clock stands; Kill Bill's shows the tenth.
const TODAY: i64 = 240;

async fn by_the_day() -> (OwnServer, World) {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let mut world = World::in_january(&server, price_list()).await;
    world.worker.settings.window = Rhythm::Daily;
    (server, world)
}

fn cpu(hours: std::ops::Range<i64>) -> Vec<Hourly> {
    hours.map(|hour| ("cpu", hour, dec!(4))).collect()
}

#[tokio::test]
async fn a_day_travels_together_once_it_is_over_and_what_is_wrong_is_told_at_once() {
    let (_server, world) = by_the_day().await;
    let resource = world.resource().await;
    for hour in 0..23 {
        world.later(TimeDelta::hours(1));
        world.push(resource, &cpu(TODAY + hour..TODAY + hour + 1)).await;
        world.later(TimeDelta::minutes(10));
        assert_eq!(world.pass().await.deliveries, 0, "hour {hour}");
        world.later(TimeDelta::minutes(-10));
    }
    assert_eq!(world.states(resource).await, ["pending"; 23]);
    // Each new hour is looked at as it settles, and nothing else is, until the day is over.
    world.later(TimeDelta::minutes(59));
    assert_eq!(world.pass().await.resources, 0);
    world.push(resource, &cpu(TODAY + 23..TODAY + 24)).await;
    world.later(TimeDelta::minutes(11));
    assert_eq!(world.pass().await.deliveries, 1);
    assert_eq!(world.states(resource).await, ["verified"; 24]);
    world.assert_balanced(resource).await;

    // What is corrected later of a day that is over goes at once; an hour that Kill Bill's column does not hold is named at once.
    world.correct(resource, &[("cpu", TODAY, dec!(5))]).await;
    world.push(resource, &[("licence", TODAY + 24, dec!(20_000_000))]).await;
    world.later(TimeDelta::minutes(70));
    assert_eq!(world.pass().await.deliveries, 1);
    let states = world.states(resource).await;
    assert_eq!(states[states.len() - 1], "beyond-killbill-column", "{states:?}");
}

#[tokio::test]
async fn an_end_or_a_person_does_not_wait_for_the_day() {
    let (_server, mut world) = by_the_day().await;
    let (ending, other) = (world.resource().await, world.resource().await);
    world.push(ending, &cpu(TODAY..TODAY + 2)).await;
    world.push(other, &cpu(TODAY..TODAY + 2)).await;
    world.later(TimeDelta::hours(3));
    assert_eq!(world.pass().await.deliveries, 0);
    world.terminate(ending, world.hour(TODAY + 2)).await;
    world.later(TimeDelta::minutes(11));
    let pass = world.pass().await;
    assert_eq!((pass.deliveries, pass.ended), (1, 1));
    assert_eq!(world.states(other).await, ["pending"; 2]);
    world.worker.settings.window = Rhythm::Hourly; // `run deliver --now`
    assert_eq!(world.pass().await.deliveries, 1);
    assert_eq!(world.states(other).await, ["verified"; 2]);
}

#[tokio::test]
async fn an_hour_of_an_earlier_day_goes_at_once_while_today_waits() {
    let (_server, world) = by_the_day().await;
    let resource = world.resource().await;
    world.push(resource, &cpu(TODAY..TODAY + 2)).await;
    world.later(TimeDelta::hours(3));
    assert_eq!(world.pass().await.deliveries, 0);
    world.later(TimeDelta::hours(1));
    assert_eq!(world.pass().await.resources, 0);
    world.push(resource, &cpu(TODAY - 40..TODAY - 39)).await;
    assert_eq!(world.pass().await.deliveries, 1);
    assert_eq!(world.states(resource).await, ["verified", "pending", "pending"]);
}

#[tokio::test]
async fn a_day_is_over_by_the_later_clock() {
    let (_server, world) = by_the_day().await;
    let resource = world.resource().await;
    world.push(resource, &cpu(TODAY..TODAY + 2)).await;
    world.later(TimeDelta::hours(3));
    assert_eq!(world.pass().await.deliveries, 0);
    world.kb.clock().set(world.hour(TODAY + 25)).await.unwrap();
    assert_eq!(world.pass().await.deliveries, 1);
}

#[tokio::test]
async fn days_that_an_outage_left_behind_travel_together() {
    let mut world = World::with(&shared_url(), &[price_list()]).await;
    world.worker.settings.window = Rhythm::Daily;
    let resource = world.resource().await;
    world.push(resource, &cpu(0..240)).await;
    world.later(TimeDelta::minutes(10));
    assert_eq!(world.pass().await.deliveries, 1, "ten days fit into one request");
    let states = world.states(resource).await;
    assert!(states.iter().all(|state| state == "verified"), "{states:?}");
}
