//! Acceptance cases of the contract with NodeConductor (docs/clients.md) on the whole road: what its predecessor billed
//! too little, twice, in the wrong month or not at all.

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::uuid_hex::hex;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};

use super::month::Side;
use super::scene::{self, Customer, cents};
use crate::support::api::{Api, Usage, number, text, wait_for, wait_until};
use crate::support::catalog::{SampleCatalog, SampleTier};
use crate::support::killbill_server::OwnServer;

const PER_GB_HOUR: Decimal = dec!(0.0002);

/// The predecessor gave every tier as many units as a month has hours.
fn storage_price(cap: Option<u32>) -> SampleCatalog {
    let mut catalog = scene::catalog();
    for usage in &mut catalog.plans[0].usages {
        if usage.unit == "storage_gb" {
            usage.tiers = vec![SampleTier {
                size: dec!(1),
                price: PER_GB_HOUR,
                blocks: cap,
            }];
        }
    }
    catalog
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w02_a_month_of_20_gb_is_billed_in_full_and_a_cap_gives_nothing_away_unseen() {
    let server = OwnServer::start("");
    let open = Side::start(&server, false, &storage_price(None), 1).await;
    let capped = Side::start(&server, false, &storage_price(Some(744)), 1).await;
    let month = scene::last_month();
    let mid_month = month.start() + TimeDelta::days(14);
    open.killbill.clock().set(mid_month).await.unwrap();
    let check = capped.service.run(&["check"]);
    assert!(
        check.code == Some(1) && check.stdout.contains("beyond 744 `storage_gb`"),
        "{check:?}"
    );

    for side in [&open, &capped] {
        side.service.pusher.push(&twenty_gb(side)).await;
    }
    let all = twenty_gb(&open);
    open.verified(&open.customer, &all).await;
    let (within, beyond) = (740 / 20, all.len() - 740 / 20);
    wait_until("what is beyond the cap is held", async || {
        let held = "/api/usage-records/?held=beyond-last-tier";
        capped.service.staff.count(held).await == beyond
    })
    .await;
    capped.verified(&capped.customer, &twenty_gb(&capped)[..within]).await;

    open.killbill.clock().set(scene::after(month)).await.unwrap();
    let whole = Decimal::from(all.len()) * dec!(20) * PER_GB_HOUR;
    assert_eq!(amounts(&open.service.staff, &open.customer, 1).await, [cents(whole)]);
    assert_eq!(
        open.service.staff.list("/api/discrepancies/").await,
        Vec::<Value>::new()
    );
    let some = dec!(740) * PER_GB_HOUR;
    assert_eq!(amounts(&capped.service.staff, &capped.customer, 1).await, [cents(some)]);
    let holds = capped.service.staff.get("/api/holds/").await;
    assert_eq!(
        (text(&holds[0], "held"), number(&holds[0]["worth"][0], "amount")),
        ("beyond-last-tier", Some(whole - some))
    );
}

/// A disk of 20 GB in every hour of the month.
fn twenty_gb(side: &Side) -> Vec<Usage> {
    let record = |hour| usage(&side.customer, "disk", hour, dec!(20));
    scene::hours(scene::last_month()).into_iter().map(record).collect()
}

fn usage(customer: &Customer, meter: &'static str, hour: DateTime<Utc>, quantity: Decimal) -> Usage {
    Usage {
        resource: customer.resources[0],
        meter,
        hour,
        quantity,
    }
}

/// Registered twice (W3), over the end of a month (W12), every batch again (W13).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_on_both_sides_of_a_month_s_end_that_come_twice_are_billed_once_each_in_its_month() {
    let server = OwnServer::start("");
    let side = Side::start(&server, false, &scene::catalog(), 1).await;
    let second = scene::last_month();
    let turn = second.start();
    let first = Month::containing(turn - TimeDelta::hours(1));
    side.killbill.clock().set(turn - TimeDelta::days(2)).await.unwrap();
    let hours = (-3..3).map(|hour| turn + TimeDelta::hours(hour));
    let batch: Vec<Usage> = hours.map(|hour| usage(&side.customer, "cpu", hour, dec!(4))).collect();
    let (pusher, staff) = (&side.service.pusher, &side.service.staff);
    pusher.push(&batch).await;
    side.verified(&side.customer, &batch).await;
    assert_eq!(staff.count("/api/deliveries/").await, 2, "one in each month");

    let resource = side.customer.resources[0];
    side.customer
        .register(pusher, resource, "server-0", "Website", "OpenStack North")
        .await;
    assert_eq!(pusher.push_until_taken(&batch).await, 6, "all known already");
    let pass = side.service.run(&["run", "deliver"]);
    assert_eq!(pass.code, Some(0), "{pass:?}");
    assert_eq!(staff.count("/api/deliveries/").await, 2, "nothing goes out again");

    // Three hours of four CPUs for 0.0125 each.
    side.killbill.clock().set(scene::after(first)).await.unwrap();
    assert_eq!(amounts(staff, &side.customer, 1).await, [dec!(0.15)]);
    side.killbill.clock().set(scene::after(second)).await.unwrap();
    assert_eq!(amounts(staff, &side.customer, 2).await, [dec!(0.15); 2]);
    for (invoice, hours) in invoices(staff, &side.customer).await.iter().zip(batch.chunks(3)) {
        assert_eq!(
            hours_behind(staff, invoice).await,
            hours.iter().map(|one| one.hour).collect::<Vec<_>>()
        );
    }
    assert_eq!(staff.list("/api/discrepancies/").await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w07_the_last_machine_goes_and_its_last_invoice_comes() {
    let server = OwnServer::start("");
    let side = Side::start(&server, false, &scene::catalog(), 1).await;
    // An end waits while the month before may be invoiced any moment: this is the middle of one.
    let mid_month = scene::last_month().start() + TimeDelta::days(14);
    side.killbill.clock().set(mid_month).await.unwrap();
    let (pusher, staff, customer) = (&side.service.pusher, &side.service.staff, &side.customer);
    let usage = customer.consumes(&scene::hours(scene::last_month())[48..72]);
    let (before, last) = usage.split_at(usage.len() - 15);
    pusher.push(before).await;
    wait_until("what came before has arrived", async || {
        let verified = staff.list("/api/usage-records/?state=verified").await;
        verified.len() == before.len()
    })
    .await;
    side.killbill.clock().wait_for_queues().await.unwrap();

    // Only the end itself makes Kill Bill bill these.
    pusher.push(last).await;

    let resource = format!("/api/resources/{}/", hex(customer.resources[0]));
    let end = usage[usage.len() - 1].hour + TimeDelta::minutes(40);
    let (status, answer) = pusher.post(&format!("{resource}terminate/"), json!({"at": end})).await;
    assert_eq!(status, 200, "{answer}");
    wait_until("nothing of the customer's is left", async || {
        !pusher.get(&resource).await["ended_at"].is_null()
    })
    .await;
    let owed: Decimal = scene::expected(&scene::sums(&usage), false).values().sum();
    let billed = wait_for("all of it is billed", async || {
        let billed: Decimal = invoices(staff, customer).await.iter().map(amount).sum();
        (billed >= owed).then_some(billed)
    });
    assert_eq!(billed.await, owed);
}

/// Oldest first.
async fn invoices(api: &Api, customer: &Customer) -> Vec<Value> {
    api.list(&format!("/api/invoices/?customer={}&o=date", hex(customer.uuid)))
        .await
}

fn amount(invoice: &Value) -> Decimal {
    number(invoice, "amount").unwrap()
}

/// Of all the customer's invoices, as soon as there are so many and each is checked.
async fn amounts(api: &Api, customer: &Customer, count: usize) -> Vec<Decimal> {
    wait_for("the invoices are read and checked", async || {
        let found = invoices(api, customer).await;
        let checked = found.iter().all(|one| one["reconciliation"] == "balanced");
        (found.len() == count && checked).then(|| found.iter().map(amount).collect())
    })
    .await
}

/// The hours of the records behind an invoice's only line of usage.
async fn hours_behind(api: &Api, invoice: &Value) -> Vec<DateTime<Utc>> {
    let items = api
        .get(&format!("/api/invoices/{}/items/", text(invoice, "uuid")))
        .await;
    let mut lines = items.as_array().unwrap().iter().filter(|item| item["meter"] == "cpu");
    let line = text(lines.next().unwrap(), "uuid");
    let path = format!("/api/invoices/{}/items/{line}/evidence/", text(invoice, "uuid"));
    let mut hours: Vec<_> = api
        .list(&path)
        .await
        .iter()
        .map(|record| text(record, "hour").parse().unwrap())
        .collect();
    hours.sort_unstable();
    hours
}
