//! After a month is invoiced: more usage of it goes out and is billed later, less would park the account and is held.

use std::time::Duration;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use rust_decimal::dec;
use uuid::Uuid;

use super::world::{PLAN, WAIT_OUT, World, price_list};
use crate::support::faulty_proxy::Fault;
use crate::support::killbill_server::OwnServer;

/// Moves Kill Bill to the day after and returns when it has billed the machine up to the day.
pub async fn bill(world: &World, resource: Uuid, day: &str) {
    let day: NaiveDate = day.parse().unwrap();
    let then = day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(30);
    world.kb.clock().set(then).await.unwrap();
    billed(world, resource, day).await;
}

/// Waits until Kill Bill has billed it up to `day`.
pub async fn billed(world: &World, resource: Uuid, day: NaiveDate) {
    let billed = async {
        while world.subscription(resource, PLAN).await.charged_through_date != Some(day) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), billed)
        .await
        .expect("Kill Bill bills the month");
}

#[tokio::test]
async fn what_would_shrink_an_invoiced_month_is_held() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let resource = world.resource().await;
    world
        .push(
            resource,
            &[("cpu", 0, dec!(4)), ("cpu", 1, dec!(4)), ("cpu", 2, dec!(4))],
        )
        .await;
    world.pass().await;
    world.correct(resource, &[("cpu", 0, dec!(3))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"; 3], "the month is open");

    bill(&world, resource, "2027-02-01").await;
    world
        .correct(resource, &[("cpu", 1, dec!(1)), ("cpu", 2, dec!(9))])
        .await;
    world.push(resource, &[("cpu", 24 * 32, dec!(4))]).await;
    world.later(TimeDelta::days(30));
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["verified", "correction-after-invoice", "verified", "verified"]
    );
    let posts = world.proxy.posts();
    assert!(!posts.iter().any(|post| post.contains(r#""amount":-3"#)), "{posts:?}");

    for month in ["2027-03-01", "2027-04-01", "2027-05-01"] {
        bill(&world, resource, month).await;
    }
    world.push(resource, &[("cpu", 5, dec!(1))]).await;
    world.later(TimeDelta::days(90));
    world.pass().await;
    assert_eq!(
        world
            .states(resource)
            .await
            .iter()
            .filter(|state| *state == "period-closed")
            .count(),
        1
    );
}

/// Found by the simulation (seed 17): after an end before what is invoiced, Kill Bill bills nothing more of that month.
#[tokio::test]
async fn an_end_that_is_told_after_the_invoice_keeps_late_usage_billable() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    bill(&world, resource, "2027-02-01").await;

    world.terminate(resource, world.hour(9)).await;
    world.push(resource, &[("cpu", 5, dec!(80))]).await;
    world.later(TimeDelta::days(30));
    world.pass().await;
    let ended = world.subscription(resource, PLAN).await;
    assert_eq!(ended.billing_end_date, Some("2027-02-01T00:00:00Z".parse().unwrap()));
    world
        .kb
        .clock()
        .set("2027-03-01T06:00:00Z".parse().unwrap())
        .await
        .unwrap();
    let invoices = world.kb.invoices().of_account(ended.account_id, None).await.unwrap();
    let taken: Vec<usize> = invoices.iter().map(|invoice| invoice.tracking_ids.len()).collect();
    assert_eq!(
        taken.iter().sum::<usize>(),
        2,
        "the late hour is on an invoice: {invoices:?}"
    );
}

/// Found by the simulation (seeds 1457 and 1639): Kill Bill bills an end inside a month at once, and after that it no
/// longer looks at what the account's other subscriptions used in the month two months back.
#[tokio::test]
async fn an_end_waits_for_what_it_would_close_and_holds_what_comes_after() {
    let server = OwnServer::at("2027-01-20T06:00:00Z", "").await;
    let world = World::with(&server.api_url, &[price_list()]).await;
    let (short, long) = (world.resource().await, world.resource().await);
    let november = -24 * 40;
    world.push(short, &[("cpu", 24 * 8, dec!(80))]).await;
    world.push(long, &[("cpu", november, dec!(80))]).await;
    world.pass().await;

    world.proxy.inject([Fault::DropRequest]);
    world.push(long, &[("cpu", november + 1, dec!(80))]).await;
    world.try_pass().await.ok();
    world.terminate(short, world.hour(24 * 9)).await;
    world.pass().await;
    assert_eq!(world.states(long).await, ["verified", "unknown"]);
    assert_eq!(world.subscription(short, PLAN).await.billing_end_date, None);

    for _ in 0..3 {
        world.later(WAIT_OUT);
        world.pass().await;
    }
    assert_eq!(world.states(long).await, ["verified", "verified"]);
    let ended = world.subscription(short, PLAN).await;
    assert_eq!(ended.billing_end_date, Some(world.hour(24 * 9)));
    world.push(long, &[("cpu", november + 2, dec!(80))]).await;
    world.pass().await;
    assert_eq!(
        world.states(long).await[2],
        "period-closed",
        "no invoice is mirrored yet"
    );

    world.kb.clock().wait_for_queues().await.unwrap();
    let invoices = world.kb.invoices().of_account(ended.account_id, None).await.unwrap();
    let taken: usize = invoices.iter().map(|invoice| invoice.tracking_ids.len()).sum();
    assert_eq!(taken, 3, "all that was sent is billed with the end: {invoices:?}");
}
