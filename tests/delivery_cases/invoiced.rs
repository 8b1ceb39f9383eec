//! After a month is invoiced: more usage of it goes out and is billed later, less would park the account and is held.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::dec;

use super::world::{PLAN, World, price_list};
use crate::support::killbill_server::{OwnServer, fresh_tenant};

#[tokio::test]
async fn what_would_shrink_an_invoiced_month_is_held() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let kb = nodeconductor_billing::killbill::KillBill::new(&fresh_tenant(&server.api_url).await).unwrap();
    kb.clock().set("2027-01-10T06:00:00Z".parse().unwrap()).await.unwrap();
    let world = World::with(&server.api_url, &[price_list()]).await;
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

    let february: DateTime<Utc> = "2027-02-02T06:00:00Z".parse().unwrap();
    world.kb.clock().set(february).await.unwrap();
    assert_eq!(
        world.subscription(resource, PLAN).await.charged_through_date,
        Some("2027-02-01".parse().unwrap())
    );
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
    assert!(!posts.last().unwrap().contains("-3"), "{posts:?}");

    for month in ["2027-03-02", "2027-04-02", "2027-05-02"] {
        world
            .kb
            .clock()
            .set(format!("{month}T06:00:00Z").parse().unwrap())
            .await
            .unwrap();
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
