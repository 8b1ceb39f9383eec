//! Around the moments in which Kill Bill invoices: what could arrive on either side of one waits until it is over.

use chrono::TimeDelta;
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::killbill::accounts::Tag;
use rust_decimal::dec;

use super::invoiced::{bill, billed};
use super::world::{PLAN, WAIT_OUT, World, price_list};
use crate::support::faulty_proxy::{BAD_GATEWAY, Fault, FaultyProxy};
use crate::support::killbill_server::OwnServer;

/// What sets out now may arrive before January is over, or after that.
async fn shortly_before_the_run(world: &World) {
    let evening = "2027-01-31T23:57:00Z".parse().unwrap();
    world.kb.clock().set(evening).await.unwrap();
}

#[tokio::test]
async fn a_correction_downwards_waits_while_its_month_may_be_invoiced_any_moment() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", 0, dec!(80)), ("cpu", 1, dec!(80))])
        .await;
    world.pass().await;
    shortly_before_the_run(&world).await;
    world
        .correct(resource, &[("cpu", 0, dec!(30)), ("cpu", 1, dec!(90))])
        .await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["invoice-due", "verified"]);

    bill(&world, resource, "2027-02-01").await;
    world.later(TimeDelta::minutes(11));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["correction-after-invoice", "verified"]);
    bill(&world, resource, "2027-03-01").await;
    let account = world.subscription(resource, PLAN).await.account_id;
    let invoices = world.kb.invoices().of_account(account, None).await.unwrap();
    // 170 hours, for 0.0125 each: what is taken back is a settlement's, not a run's.
    assert_eq!(invoices[0].amount.normalize(), dec!(2.13));
    assert!(
        !world
            .kb
            .accounts()
            .tags(account)
            .await
            .unwrap()
            .iter()
            .any(nodeconductor_billing::killbill::accounts::Tag::is_park)
    );
}

/// Found by the simulation (seed 516): the server had ended, and the invoices of the customer's other one, which closed
/// the month for both, were not mirrored yet.
#[tokio::test]
async fn an_hour_of_a_month_that_a_run_has_closed_is_held_before_the_invoice_is_mirrored() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let (short, long) = (world.resource().await, world.resource().await);
    let december = -24 * 20;
    world.push(short, &[("cpu", december, dec!(80))]).await;
    world.push(long, &[("cpu", 0, dec!(80))]).await;
    world.pass().await;
    world.terminate(short, world.hour(december + 24)).await;
    assert_eq!(world.pass().await.ended, 1);
    for month in ["2027-02-01", "2027-03-01"] {
        bill(&world, long, month).await;
    }
    world.push(short, &[("cpu", december + 1, dec!(80))]).await;
    world.pass().await;
    assert_eq!(world.states(short).await, ["verified", "period-closed"]);
}

/// Found by the simulation (seed 8783): the run came before the request, and Kill Bill bills nothing that comes late for a month
/// that it has billed beyond the end.
#[tokio::test]
async fn an_end_waits_while_its_month_may_be_invoiced_any_moment() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(80))]).await;
    world.pass().await;
    shortly_before_the_run(&world).await;
    world.terminate(resource, world.hour(9)).await;
    assert_eq!(world.pass().await.ended, 0);

    bill(&world, resource, "2027-02-01").await;
    assert_eq!(world.pass().await.ended, 1);
    let ended = world.subscription(resource, PLAN).await;
    assert_eq!(ended.billing_end_date, Some("2027-02-01T00:00:00Z".parse().unwrap()));
}

/// Kill Bill was away, or somebody told it to wait: its run comes days after it was due, and closes what it would have closed.
#[tokio::test]
async fn what_a_run_that_is_days_late_will_close_waits_for_it() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    let (resource, other) = (world.resource().await, world.resource().await);
    world.push(resource, &[("cpu", 0, dec!(80))]).await;
    world.push(other, &[("cpu", 0, dec!(80))]).await;
    world.pass().await;
    for month in ["2027-02-01", "2027-03-01"] {
        bill(&world, resource, month).await;
        world.later(TimeDelta::days(25));
        let first = Month::of(month.parse().unwrap()).start() - world.month;
        world.push(resource, &[("cpu", first.num_hours(), dec!(80))]).await;
        world.pass().await;
    }
    assert_eq!(world.states(resource).await, ["verified"; 3]);
    let account = world.subscription(resource, PLAN).await.account_id;
    let wait = Tag::AUTO_INVOICING_OFF;
    world.kb.accounts().add_tag(account, wait).await.unwrap();
    let days_later = "2027-04-04T12:00:00Z".parse().unwrap();
    world.kb.clock().set(days_later).await.unwrap();
    world.later(TimeDelta::days(28));

    world.push(other, &[("cpu", 2, dec!(80))]).await;
    world.terminate(resource, world.hour(60 * 24)).await;
    assert_eq!(world.pass().await.ended, 0);
    assert_eq!(
        world.states(other).await,
        ["verified", "invoice-due"],
        "January is closed by the run of 1 April"
    );
    assert_eq!(world.subscription(resource, PLAN).await.billing_end_date, None);

    world.kb.accounts().remove_tag(account, wait).await.unwrap();
    billed(&world, resource, "2027-04-01".parse().unwrap()).await;
    world.later(TimeDelta::minutes(11));
    assert_eq!(world.pass().await.ended, 1);
    assert_eq!(world.states(other).await, ["verified", "period-closed"]);
}

/// The request may end the subscription, and have it invoiced, before what sets out now arrives.
#[tokio::test]
async fn nothing_sets_out_for_a_subscription_while_a_request_to_end_it_may_be_on_its_way() {
    let mut world = World::new().await;
    let is_end = |head: &str| head.starts_with("DELETE") && head.contains("/subscriptions/");
    let line = FaultyProxy::watching(&world.connection.api_url, is_end).await;
    world.worker = world.worker_on(&line.url);
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 20, dec!(80))]).await;
    world.terminate(resource, world.hour(21)).await;
    line.inject([Fault::Answer(BAD_GATEWAY)]);
    assert_eq!(world.pass().await.ended, 0);
    world.correct(resource, &[("cpu", 20, dec!(30))]).await;
    world.later(WAIT_OUT);
    world.pass().await;
    assert_eq!(world.states(resource).await, ["pending"]);
    assert_eq!(world.subscription(resource, PLAN).await.billing_end_date, None);

    world.later(TimeDelta::minutes(3));
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
    assert_eq!(
        world.subscription(resource, PLAN).await.billing_end_date,
        Some(world.hour(21))
    );
    world.assert_balanced(resource).await;
}
