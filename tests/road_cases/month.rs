//! A whole month in both of Kill Bill's detail modes: four servers with four meters each and a licence.

use std::time::Instant;

use chrono::TimeDelta;
use nodeconductor_billing::domain::uuid_hex::hex;
use nodeconductor_billing::killbill::{Connection, KillBill};
use serde_json::json;
use sqlx::ConnectOptions;

use super::audit::Audit;
use super::scene::{self, Customer, Sums};
use crate::support::api::{Usage, wait_until};
use crate::support::catalog::SampleCatalog;
use crate::support::database::TestDatabase;
use crate::support::killbill_server::{OwnServer, fresh_tenant, set_mode};
use crate::support::service::Service;

/// A service with a tenant and a database of its own.
pub struct Side {
    pub service: Service,
    pub killbill: KillBill,
    pub customer: Customer,
    pushed: Sums,
    by_tier: bool,
    _database: TestDatabase,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_comes_back_to_the_cent_in_both_detail_modes() {
    let server = OwnServer::start("");
    let aggregate = Side::start(&server, false, &scene::catalog(), 4).await;
    let detail = Side::start(&server, true, &scene::catalog(), 4).await;
    let mid_month = scene::last_month().start() + TimeDelta::days(14);
    aggregate.killbill.clock().set(mid_month).await.unwrap();
    let [aggregate, detail] = [aggregate.push_and_deliver().await, detail.push_and_deliver().await];
    let moved = aggregate.end_of_a_server_in_mid_month().await;

    aggregate
        .killbill
        .clock()
        .set(scene::after(scene::last_month()))
        .await
        .unwrap();
    detail.killbill.clock().wait_for_queues().await.unwrap();
    assert_eq!(aggregate.audit().passes().await.len(), 1);
    assert_eq!(detail.audit().passes().await.len(), 1);
    aggregate.of(&moved).passes().await;
}

impl Side {
    /// A customer with so many resources.
    pub async fn start(server: &OwnServer, by_tier: bool, catalog: &SampleCatalog, resources: usize) -> Self {
        let connection = fresh_tenant(&server.api_url).await;
        let killbill = priced(&connection, by_tier, catalog).await;
        let database = TestDatabase::fresh().await;
        let service = Service::start(database.options.to_url_lossy().as_str(), &connection).await;
        let customer = Customer::registered(&service.pusher, "Nordic Weather Ltd", resources).await;
        Self {
            service,
            killbill,
            customer,
            pushed: Sums::new(),
            by_tier,
            _database: database,
        }
    }

    /// The client gets its answers, the workers do the rest; both are timed.
    async fn push_and_deliver(mut self) -> Self {
        let usage = self.customer.consumes(&scene::hours(scene::last_month()));
        let begin = Instant::now();
        self.service.pusher.push(&usage).await;
        let pushed = begin.elapsed();
        self.verified(&self.customer, &usage).await;
        let all = begin.elapsed();
        #[expect(clippy::cast_precision_loss, reason = "records are far below 2^53")]
        let rate = |time: std::time::Duration| usage.len() as f64 / time.as_secs_f64();
        println!(
            "{} records: {:.0}/s taken, {:.0}/s delivered and verified",
            usage.len(),
            rate(pushed),
            rate(all)
        );
        self.pushed = scene::sums(&usage);
        self
    }

    pub async fn verified(&self, customer: &Customer, usage: &[Usage]) {
        let path = format!("/api/usage-records/?customer={}&state=verified", hex(customer.uuid));
        wait_until("everything is verified", async || {
            self.service.staff.count(&path).await == usage.len()
        })
        .await;
    }

    /// Another customer's server is gone after its tenth day: what it consumed is delivered, then its subscriptions end.
    async fn end_of_a_server_in_mid_month(&self) -> (Customer, Sums) {
        let api = &self.service.pusher;
        let customer = Customer::registered(api, "Short Stay Inc", 1).await;
        let usage = customer.consumes(&scene::hours(scene::last_month())[..10 * 24 - 5]);
        let end = usage[usage.len() - 1].hour + TimeDelta::hours(1);
        let path = format!("/api/resources/{}/terminate/", hex(customer.resources[0]));
        api.push(&usage).await;
        let (status, answer) = api.post(&path, json!({"at": end - TimeDelta::minutes(20)})).await;
        assert_eq!(status, 200, "{answer}");
        let resource = format!("/api/resources/{}/", hex(customer.resources[0]));
        wait_until("the subscriptions have ended", async || {
            !api.get(&resource).await["ended_at"].is_null()
        })
        .await;
        for plan in ["openstack-instance", "licence-by-minute"] {
            let key = format!("{}:{plan}", hex(customer.resources[0]));
            let subscription = self
                .killbill
                .subscriptions()
                .by_external_key(&key)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(subscription.billing_end_date, Some(end), "{plan}");
        }
        (customer, scene::sums(&usage))
    }

    fn audit(&self) -> Audit<'_> {
        self.audit_of(&self.customer, &self.pushed)
    }

    fn of<'a>(&'a self, (customer, pushed): &'a (Customer, Sums)) -> Audit<'a> {
        self.audit_of(customer, pushed)
    }

    fn audit_of<'a>(&'a self, customer: &'a Customer, pushed: &'a Sums) -> Audit<'a> {
        let (api, killbill, month) = (&self.service.staff, &self.killbill, scene::last_month());
        Audit {
            api,
            killbill,
            customer,
            pushed,
            month,
            by_tier: self.by_tier,
        }
    }
}

/// What an operator sets up in a new tenant.
pub async fn prepared(connection: &Connection, by_tier: bool) -> KillBill {
    priced(connection, by_tier, &scene::catalog()).await
}

async fn priced(connection: &Connection, by_tier: bool, catalog: &SampleCatalog) -> KillBill {
    let killbill = KillBill::new(connection).unwrap();
    set_mode(&killbill, if by_tier { "DETAIL" } else { "AGGREGATE" }).await;
    killbill.catalog().upload(&catalog.xml()).await.unwrap();
    killbill
}
