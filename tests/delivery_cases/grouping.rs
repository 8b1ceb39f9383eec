//! What travels together, when it goes, and that it is fixed before its first byte.

use chrono::{Datelike, TimeDelta};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::world::{Hourly, World, price_list};
use crate::support::faulty_proxy::Fault;
use crate::support::killbill_server::OwnServer;

/// Records in a post.
fn records(post: &str) -> usize {
    post.matches("recordDate").count()
}

#[tokio::test]
async fn a_day_of_four_meters_is_one_post() {
    let world = World::new().await;
    let resource = world.resource().await;
    let day: Vec<Hourly> = (0..24)
        .flat_map(|hour| ["cpu", "memory", "disk", "servers"].map(|meter| (meter, hour, dec!(1.5))))
        .collect();
    world.push(resource, &day).await;
    let report = world.pass().await;
    assert_eq!((report.deliveries, report.records, report.verified), (1, 96, 1));
    let post: Value = serde_json::from_str(&world.proxy.posts()[0]).unwrap();
    let units = post["unitUsageRecords"].as_array().unwrap();
    let names: Vec<_> = units.iter().map(|unit| unit["unitType"].as_str().unwrap()).collect();
    assert_eq!(names, ["cpu", "ram_gb", "server_num", "storage_gb"]);
    assert!(
        units[0]["usageRecords"][0]["recordDate"]
            .as_str()
            .unwrap()
            .ends_with("-01T00:30:00.000Z")
    );
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn a_post_has_a_thousand_records_at_most_and_never_crosses_a_month() {
    let world = World::new().await;
    let resource = world.resource().await;
    let hours = i64::from(world.month.num_days_in_month()) * 24;
    let month: Vec<Hourly> = (0..hours + 10)
        .flat_map(|hour| [("cpu", hour, dec!(1)), ("memory", hour, dec!(0.125))])
        .collect();
    world.push(resource, &month).await;
    world.later(TimeDelta::days(60));
    let report = world.pass().await;
    let sizes: Vec<_> = world.proxy.posts().iter().map(|post| records(post)).collect();
    let whole = usize::try_from(hours).unwrap() * 2;
    assert_eq!(sizes, [1_000, whole - 1_000, 20]);
    assert_eq!((report.deliveries, report.verified), (3, 3));
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn minutes_are_sent_as_minutes() {
    let world = World::new().await;
    let resource = world.resource().await;
    world
        .push(resource, &[("licence", 0, dec!(0.5)), ("cpu", 0, dec!(4))])
        .await;
    assert_eq!(world.pass().await.deliveries, 2, "one for each subscription");
    let id = world.subscription(resource, "licence-by-minute").await.subscription_id;
    let sums = world.kb.usages().sums(id, world.month, world.hour(1)).await.unwrap();
    assert_eq!(sums["minute-of-licence"], dec!(30));
}

#[tokio::test]
async fn a_delivery_is_on_record_before_its_first_byte() {
    let world = World::new().await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(4)), ("cpu", 1, dec!(2.5))])
        .await;
    world.proxy.inject([Fault::Hold]);
    let look = async {
        world.proxy.next_post().await;
        let post: Value = serde_json::from_str(&world.proxy.posts()[0]).unwrap();
        let stored: (String, String, i32, Decimal) = sqlx::query_as(
            "select d.state, d.tracking_id, d.records, u.amount from delivery d join delivery_unit u on u.delivery_id = d.id",
        )
        .fetch_one(world.pool())
        .await
        .unwrap();
        let tracking_id = post["trackingId"].as_str().unwrap().to_owned();
        assert_eq!(stored, ("sending".to_owned(), tracking_id, 2, dec!(6.5)));
        assert_eq!(world.states(resource).await, ["sending", "sending"]);
        world.proxy.release();
    };
    let (report, ()) = tokio::join!(world.pass(), look);
    assert_eq!(report.verified, 1);
}

#[tokio::test]
async fn an_hour_settles_before_it_is_sent() {
    let world = World::new().await;
    let resource = world.resource().await;
    let clock = &world.service.state.clock;
    clock.set(world.hour(10) + TimeDelta::minutes(65));
    world.push(resource, &[("cpu", 9, dec!(4)), ("cpu", 10, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "pending"]);
    clock.set(world.hour(11) + TimeDelta::minutes(10) - TimeDelta::seconds(1));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "pending"]);
    clock.set(world.hour(11) + TimeDelta::minutes(10));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified", "verified"]);
}

#[tokio::test]
async fn hours_ahead_of_our_clock_go_out_by_their_arrival() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let resource = world.resource().await;
    // Kill Bill's clock, which is ahead of ours, allows them.
    let theirs = "2027-01-25T06:00:00Z".parse().unwrap();
    world.kb.clock().set(theirs).await.unwrap();
    let ahead = 24 * 20;
    world.push(resource, &[("cpu", ahead, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["pending"]);
    world.later(TimeDelta::minutes(10));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
    world.assert_balanced(resource).await;
}

#[tokio::test]
async fn corrections_are_sent_as_what_they_change() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4)), ("cpu", 1, dec!(4))]).await;
    world.pass().await;
    world
        .correct(resource, &[("cpu", 0, dec!(6.5)), ("cpu", 1, dec!(0))])
        .await;
    world.pass().await;
    assert!(
        world.proxy.posts()[1].contains(r#""amount":2.5"#),
        "{}",
        world.proxy.posts()[1]
    );
    assert!(
        world.proxy.posts()[1].contains(r#""amount":-4"#),
        "{}",
        world.proxy.posts()[1]
    );
    assert_eq!(world.deliveries().await, ["verified", "verified"]);
    world.assert_balanced(resource).await;
}
