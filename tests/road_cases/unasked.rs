//! What a running service does without being asked: every job by its schedule, and an invoice read as soon as it is there.

use nodeconductor_billing::domain::job::Job;
use nodeconductor_billing::domain::uuid_hex::hex;
use nodeconductor_billing::killbill::KillBill;
use rust_decimal::{Decimal, dec};

use super::month::prepared;
use super::outage::day;
use super::program::address;
use super::scene::Customer;
use crate::support::api::{number, wait_until};
use crate::support::bills::charge;
use crate::support::database::TestDatabase;
use crate::support::killbill_server::{fresh_tenant, shared_url};
use crate::support::service::Service;

/// A service, and a customer who has his account.
struct World {
    service: Service,
    killbill: KillBill,
    customer: Customer,
    _database: TestDatabase,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w04_w18_serve_runs_every_job_and_reads_invoices_on_its_timer() {
    let world = World::new(|settings| format!("{settings}\n[notifications]\nregister = false\n")).await;
    let known = world.service.staff.count("/api/jobs/").await;
    assert_eq!(known, Job::ALL.len());
    for job in Job::ALL {
        world.has_run(*job).await;
    }
    world.charged_and_shown(dec!(7)).await;
    assert_eq!(world.killbill.tenants().callbacks().await, Ok(vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w18_an_invoice_is_read_when_kill_bill_says_so() {
    let world = World::new(|settings| settings.replace("invoices_every = \"1s\"", "invoices_every = \"1d\"")).await;
    world.has_run(Job::SyncInvoices).await;
    wait_until("Kill Bill knows whom to tell", async || {
        world
            .killbill
            .tenants()
            .callbacks()
            .await
            .is_ok_and(|known| !known.is_empty())
    })
    .await;
    world.charged_and_shown(dec!(7)).await;
}

impl World {
    async fn new(configured: impl FnOnce(String) -> String) -> Self {
        let database = TestDatabase::fresh().await;
        let connection = fresh_tenant(&shared_url()).await;
        let killbill = prepared(&connection, false).await;
        let service = Service::installed(&address(&database), &connection);
        service.configure(&configured(service.configured()));
        let service = service.started().await;
        let customer = Customer::registered(&service.pusher, "Nordic Weather Ltd", 1).await;
        let world = Self {
            service,
            killbill,
            customer,
            _database: database,
        };
        world.has_an_account().await;
        world
    }

    async fn has_an_account(&self) {
        self.service.pusher.push(&day(&self.customer)[..5]).await;
        let verified = "/api/usage-records/?state=verified";
        wait_until("its first hour is delivered", async || {
            self.service.staff.count(verified).await == 5
        })
        .await;
    }

    async fn has_run(&self, job: Job) {
        wait_until(job.word(), async || {
            let jobs = self.service.staff.list("/api/jobs/").await;
            jobs.iter().any(|row| row["name"] == job.word() && row["state"] == "ok")
        })
        .await;
    }

    /// Somebody charges the customer in Kill Bill, and tells nobody.
    async fn charged_and_shown(&self, amount: Decimal) {
        let key = hex(self.customer.uuid);
        let account = self.killbill.accounts().by_external_key(&key).await.unwrap().unwrap();
        let charged = self
            .killbill
            .invoices()
            .charge(account.account_id, &[charge(amount, "USD")], true)
            .await;
        assert_eq!(charged.unwrap().len(), 1);
        wait_until("its invoice is shown", async || {
            let shown = self.service.staff.list(&format!("/api/invoices/?customer={key}")).await;
            shown.iter().any(|invoice| number(invoice, "amount") == Some(amount))
        })
        .await;
    }
}
