//! What was fixed before its month was invoiced and is not in Kill Bill afterwards: looked at again before it is sent again.

use chrono::TimeDelta;
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use super::invoiced::bill;
use super::world::{PLAN, WAIT_OUT, World, price_list};
use crate::support::faulty_proxy::Fault;
use crate::support::killbill_server::OwnServer;

/// Found by the simulation (seed 1485): the request was lost, the month invoiced, and the correction, sent again, parked the
/// account. Meanwhile one of its hours is corrected once more.
#[tokio::test]
async fn a_lost_correction_is_not_sent_again_after_its_month_was_invoiced() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(80)), ("cpu", 1, dec!(80))])
        .await;
    world.pass().await;
    world
        .correct(resource, &[("cpu", 0, dec!(30)), ("cpu", 1, dec!(30))])
        .await;
    world.push(resource, &[("cpu", 2, dec!(8))]).await;
    world.proxy.inject([Fault::DropRequest]);
    world.pass().await;
    assert_eq!(world.deliveries().await, ["verified", "unknown"]);
    world.correct(resource, &[("cpu", 1, dec!(90))]).await;

    bill(&world, resource, "2027-02-01").await;
    world.later(WAIT_OUT);
    world.pass().await;
    assert_eq!(world.deliveries().await, ["verified", "withdrawn", "verified"]);
    assert_eq!(
        world.states(resource).await,
        ["correction-after-invoice", "verified", "verified"]
    );
    let withdrawn = world
        .service
        .get(&world.service.staff, "/api/deliveries/?state=withdrawn")
        .await;
    let detail = &withdrawn.json()[0]["detail"];
    assert!(
        detail
            .as_str()
            .unwrap()
            .starts_with("not in Kill Bill, and not to be sent any more: The correction takes back"),
        "{detail}"
    );
    bill(&world, resource, "2027-03-01").await;
    let account = world.subscription(resource, PLAN).await.account_id;
    let invoices = world.kb.invoices().of_account(account, None).await.unwrap();
    let billed: Vec<_> = invoices.iter().map(|invoice| invoice.amount.normalize()).collect();
    // 160 hours, and then what is more than them: 8, and the 10 of the second correction.
    assert_eq!(billed, [dec!(2), dec!(0.23)]);
}

/// An hour is sent, meets the fault, and is looked at again when its month is closed.
async fn closed_after(server: &OwnServer, quantity: Decimal, fault: Fault) -> (World, Uuid) {
    let world = World::in_january(server, price_list()).await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    world.push(resource, &[("cpu", 1, quantity)]).await;
    world.proxy.inject([fault]);
    world.pass().await;
    for month in ["2027-02-01", "2027-03-01", "2027-04-01", "2027-05-01"] {
        bill(&world, resource, month).await;
    }
    world.later(TimeDelta::days(100));
    world.pass().await;
    (world, resource)
}

/// Nothing was sent at all: Kill Bill was away until the months of this usage were closed.
#[tokio::test]
async fn usage_that_could_not_be_sent_in_time_is_held_when_its_month_has_closed() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let (world, resource) = closed_after(&server, dec!(4), Fault::DropRequest).await;
    assert_eq!(world.deliveries().await, ["verified", "withdrawn"]);
    assert_eq!(world.states(resource).await, ["verified", "period-closed"]);
}

/// Found by the simulation (seed 596): Kill Bill had them, which no sum shows, and an invoice listed their name.
#[tokio::test]
async fn zeros_that_nobody_can_find_again_are_never_withdrawn() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let (world, _) = closed_after(&server, dec!(0), Fault::DropAnswer).await;
    assert_eq!(world.deliveries().await, ["verified"; 2]);
    assert_eq!(
        world.proxy.posts().len(),
        3,
        "sent again under its name, which Kill Bill knows"
    );
}
