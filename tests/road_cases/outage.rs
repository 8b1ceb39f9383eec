//! Life goes on: Kill Bill away, a price or a registration that comes late, new names, a server that ends.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use nodeconductor_billing::domain::uuid_hex::hex;
use nodeconductor_billing::killbill::subscriptions::Subscription;
use nodeconductor_billing::killbill::{Connection, KillBill};
use serde_json::json;
use sqlx::ConnectOptions;
use uuid::Uuid;

use super::month::prepared;
use super::scene::{self, Customer, price};
use crate::support::api::{Api, Usage, text, wait_until};
use crate::support::cable::Cable;
use crate::support::database::TestDatabase;
use crate::support::killbill_server::{fresh_tenant, shared_url};
use crate::support::service::Service;

/// One service behind a cable to the shared Kill Bill.
pub struct World {
    cable: Cable,
    pub service: Service,
    pub killbill: KillBill,
    _database: TestDatabase,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_kill_bill_pushes_and_reads_go_on_and_the_backlog_shows() {
    let mut world = World::new(true).await;
    let api = world.service.staff.clone();
    let customer = Customer::registered(&world.service.pusher, "Nordic Weather Ltd", 2).await;
    let usage = day(&customer);
    let (before, during) = usage.split_at(usage.len() / 2);
    world.service.pusher.push(before).await;
    world.verified(&customer, before.len()).await;

    world.cable.pull().await;
    world.service.pusher.push(during).await;
    wait_until("the outage shows", async || {
        api.get("/health/ready").await["killbill"]["state"] == "unreachable"
    })
    .await;
    assert_eq!(api.count(&of(&customer, "")).await, usage.len());
    assert!(
        api.count("/api/default-price-list-items/").await >= 5,
        "the price list can still be read"
    );
    let waiting = during.len().to_string();
    wait_until("the backlog shows in records", async || {
        let (pending, sending) = (
            gauge(&api, "records{state=\"pending\"}").await,
            gauge(&api, "records{state=\"sending\"}").await,
        );
        pending
            .zip(sending)
            .is_some_and(|(pending, sending)| (pending + sending).to_string() == waiting)
    })
    .await;
    let worth = gauge(&api, "value{state=\"pending\",currency=\"USD\"}").await;
    assert!(
        worth.is_some_and(|worth| worth > 0.0),
        "the backlog shows in money: {worth:?}"
    );
    assert!(
        gauge(&api, "oldest_seconds{state=\"pending\"}").await.is_some(),
        "the backlog shows in age"
    );
    wait_until("a pass in the foreground says so too", async || {
        world.service.run(&["run", "deliver"]).code == Some(1)
    })
    .await;

    world.cable.plug().await;
    world.verified(&customer, usage.len()).await;
    world.killbill_has(&usage).await;
    assert_eq!(gauge(&api, "records{state=\"pending\"}").await, Some(0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_records_go_out_by_themselves_when_the_price_and_the_resource_appear() {
    let world = World::new(false).await;
    let api = &world.service.pusher;
    let customer = Customer::registered(api, "Nordic Weather Ltd", 1).await;
    let usage = day(&customer);
    api.push(&usage).await;
    let held = world.service.staff.get(&of(&customer, "&state=held&page_size=1")).await;
    assert_eq!(text(&held[0], "held"), "no-price", "{held}");
    let stranger = Customer {
        uuid: customer.uuid,
        resources: vec![Uuid::new_v4()],
    };
    let early = day(&stranger);
    api.push(&early).await;
    let path = format!("/api/usage-records/?resource={}&state=held", hex(stranger.resources[0]));
    assert_eq!(world.service.staff.count(&path).await, early.len());
    assert_eq!(
        text(&world.service.staff.get(&path).await[0], "held"),
        "unknown-resource"
    );

    world.killbill.catalog().upload(&scene::catalog().xml()).await.unwrap();
    world.verified(&customer, usage.len()).await;
    customer
        .register(api, stranger.resources[0], "late-1", "Website", "OpenStack North")
        .await;
    world.verified(&customer, usage.len() + early.len()).await;
    world.killbill_has(&[usage, early].concat()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_names_arrive_in_kill_bill_without_a_gap_and_an_end_comes_after_the_last_usage() {
    let mut world = World::new(true).await;
    let api = world.service.pusher.clone();
    let customer = Customer::registered(&api, "Nordic Weather Ltd", 1).await;
    let resource = customer.resources[0];
    let usage = day(&customer);
    let (first, last) = usage.split_at(usage.len() - 15);
    api.push(first).await;
    world.verified(&customer, first.len()).await;
    let before = world.subscription(resource).await;

    customer
        .register(&api, resource, "web-1, moved", "Forecast", "OpenStack South")
        .await;
    let body = json!({"name": "Põhjala Ilm OÜ", "email": "accounts@weather.example"});
    api.put(&format!("/api/customers/{}/", hex(customer.uuid)), body).await;
    let names = [
        ("project_name", "Forecast"),
        ("resource_name", "web-1, moved"),
        ("service_name", "OpenStack South"),
    ];
    let names: BTreeMap<_, _> = names.map(|(field, name)| (field.to_owned(), name.to_owned())).into();
    wait_until("the resource's names are told", async || {
        world.names(&before).await == names
    })
    .await;
    let key = hex(customer.uuid);
    wait_until("the customer's name is told", async || {
        let account = world.killbill.accounts().by_external_key(&key).await.unwrap().unwrap();
        account.name.as_deref() == Some("Põhjala Ilm OÜ")
    })
    .await;

    // The last hours come while Kill Bill is away, and so does the end: nothing of it may be lost.
    world.cable.pull().await;
    api.push(last).await;
    let end = last[last.len() - 1].hour + TimeDelta::hours(1);
    let at = json!({"at": end - TimeDelta::minutes(20)});
    let (status, answer) = api
        .post(&format!("/api/resources/{}/terminate/", hex(resource)), at)
        .await;
    assert_eq!(status, 200, "{answer}");
    world.cable.plug().await;
    let path = format!("/api/resources/{}/", hex(resource));
    wait_until("the subscriptions have ended", async || {
        !api.get(&path).await["ended_at"].is_null()
    })
    .await;
    world.verified(&customer, usage.len()).await;
    world.killbill_has(&usage).await;
    let after = world.subscription(resource).await;
    assert_eq!(
        (after.subscription_id, after.billing_start_date),
        (before.subscription_id, before.billing_start_date)
    );
    assert_eq!((before.billing_end_date, after.billing_end_date), (None, Some(end)));
}

impl World {
    pub async fn new(priced: bool) -> Self {
        let server = shared_url();
        let cable = Cable::to(&server).await;
        let direct = fresh_tenant(&server).await;
        let killbill = if priced {
            prepared(&direct, false).await
        } else {
            KillBill::new(&direct).unwrap()
        };
        let database = TestDatabase::fresh().await;
        let through = Connection {
            api_url: cable.url(&server),
            request_timeout: Duration::from_secs(3),
            ..direct
        };
        let service = Service::start(database.options.to_url_lossy().as_str(), &through).await;
        if priced {
            wait_until("the price list is read", async || {
                service.staff.count("/api/default-price-list-items/").await > 0
            })
            .await;
        }
        Self {
            cable,
            service,
            killbill,
            _database: database,
        }
    }

    /// An end is billed at once; all else waits for the end of the month.
    pub async fn verified(&self, customer: &Customer, records: usize) {
        let (verified, billed) = (of(customer, "&state=verified"), of(customer, "&state=billed"));
        let api = &self.service.staff;
        wait_until("everything is verified", async || {
            api.count(&verified).await + api.count(&billed).await == records
        })
        .await;
    }

    async fn subscription(&self, resource: Uuid) -> Subscription {
        let key = format!("{}:openstack-instance", hex(resource));
        self.killbill
            .subscriptions()
            .by_external_key(&key)
            .await
            .unwrap()
            .unwrap()
    }

    async fn names(&self, subscription: &Subscription) -> BTreeMap<String, String> {
        let fields = self
            .killbill
            .custom_fields()
            .list(subscription.subscription_id)
            .await
            .unwrap();
        fields.into_iter().map(|field| (field.name, field.value)).collect()
    }

    /// What was pushed is in Kill Bill, once.
    async fn killbill_has(&self, usage: &[Usage]) {
        let (from, until) = (usage[0].hour, usage[usage.len() - 1].hour + TimeDelta::hours(1));
        for ((resource, meter), (_, quantity)) in scene::sums(usage) {
            let plan = if meter == "license_type" {
                "licence-by-minute"
            } else {
                "openstack-instance"
            };
            let key = format!("{}:{plan}", hex(resource));
            let subscription = self
                .killbill
                .subscriptions()
                .by_external_key(&key)
                .await
                .unwrap()
                .unwrap();
            let sums = self
                .killbill
                .usages()
                .sums(subscription.subscription_id, from, until)
                .await
                .unwrap();
            assert_eq!(
                sums.get(price(&meter).unit),
                Some(&(quantity * price(&meter).factor)),
                "{meter}"
            );
        }
    }
}

/// A day of the month.
pub fn day(customer: &Customer) -> Vec<Usage> {
    customer.consumes(&scene::hours(scene::this_month())[48..72])
}

fn of(customer: &Customer, filter: &str) -> String {
    format!("/api/usage-records/?customer={}{filter}", hex(customer.uuid))
}

/// A number of the backlog in `/metrics`.
async fn gauge(api: &Api, name: &str) -> Option<f64> {
    let metrics = api.get("/metrics").await;
    let prefix = format!("ncb_backlog_{name} ");
    metrics
        .as_str()?
        .lines()
        .find_map(|line| line.strip_prefix(&prefix))?
        .parse()
        .ok()
}
