//! The delivery tests' world with a settling worker on a faulty line of its own, and meters that have a monthly price only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::TimeDelta;
use nodeconductor_billing::config;
use nodeconductor_billing::db::prices::PriceBook;
use nodeconductor_billing::db::usage;
use nodeconductor_billing::delivery::DeliveryError;
use nodeconductor_billing::domain::route::Meter;
use nodeconductor_billing::domain::settlement::Classes;
use nodeconductor_billing::killbill::invoices::{Invoice, InvoiceStatus, ItemType};
use nodeconductor_billing::killbill::{Connection, KillBill};
use nodeconductor_billing::settlement::{Report, Settler};
use nodeconductor_billing::sync::invoices::InvoiceSync;
use nodeconductor_billing::sync::reconcile::reconcile_all;
use nodeconductor_billing::web;
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use crate::delivery_cases::world::{World, price_list};
use crate::support::catalog::{SampleCatalog, SamplePlan};
use crate::support::faulty_proxy::FaultyProxy;
use crate::support::killbill_server::OwnServer;

pub struct Settling {
    pub world: World,
    pub proxy: FaultyProxy,
    pub settler: Settler,
    /// Stopped with the last that holds it.
    server: Option<Arc<OwnServer>>,
}

/// The delivery tests' prices, and a plan whose price of 49 a month divides into no whole cents.
pub fn prices() -> SampleCatalog {
    let mut catalog = price_list();
    catalog
        .plans
        .push(SamplePlan::monthly("backup-monthly", "backup", "Backup", dec!(49)));
    catalog
}

/// Everything that a settlement sends.
fn is_settling(head: &str) -> bool {
    head.contains("/invoices/charges/") || head.contains("/credits?") || head.contains("/commitInvoice ")
}

/// One server for all that run at the same time; nobody moves its clock.
async fn server_in_january() -> Arc<OwnServer> {
    static KEPT: Mutex<Weak<OwnServer>> = Mutex::const_new(Weak::new());
    let mut kept = KEPT.lock().await;
    if let Some(server) = kept.upgrade() {
        return server;
    }
    let server = Arc::new(OwnServer::at("2027-01-10T06:00:00Z", "").await);
    *kept = Arc::downgrade(&server);
    server
}

impl Settling {
    pub async fn new() -> Self {
        Self::in_january(prices(), "USD").await
    }

    /// On 10 January 2027: on the first of a real month the month before is not settled yet.
    pub async fn in_january(catalog: SampleCatalog, currency: &str) -> Self {
        let server = server_in_january().await;
        let mut settling = Self::in_currency(&server.api_url, &[catalog], currency).await;
        settling.server = Some(server);
        settling
    }

    pub async fn with(server: &Url, versions: &[SampleCatalog]) -> Self {
        Self::in_currency(server, versions, "USD").await
    }

    pub async fn in_currency(server: &Url, versions: &[SampleCatalog], currency: &str) -> Self {
        Self::around(World::with(server, versions).await, server, currency).await
    }

    /// With catalog versions as they are uploaded.
    pub async fn of_catalogs(server: &Url, versions: &[String]) -> Self {
        Self::around(World::of_catalogs(server, versions).await, server, "USD").await
    }

    async fn around(mut world: World, server: &Url, currency: &str) -> Self {
        let meters = [
            ("cpu", "cpu"),
            ("memory", "ram_gb"),
            ("disk", "storage_gb"),
            ("support", "support"),
            ("backup", "backup"),
        ];
        let configured = meters.map(|(name, price_name)| Meter {
            name: name.to_owned(),
            display_name: name.to_uppercase(),
            price_name: price_name.to_owned(),
            unit_label: "hours".to_owned(),
        });
        let book = PriceBook::new(configured.into(), BTreeMap::new(), currency);
        world.service.state.book = book.charging(&BTreeSet::from(["*".to_owned()]));
        let names = meters.map(|(name, _)| name.to_owned());
        world.service.state.meters = usage::meters(world.pool(), &names).await.unwrap().into();
        world.service.router = web::router(world.service.state.clone());
        let proxy = FaultyProxy::watching(server, is_settling).await;
        world.worker.currency = currency.to_owned();
        let mut settler = settler(&world, &proxy.url);
        currency.clone_into(&mut settler.currency);
        Self {
            world,
            proxy,
            settler,
            server: None,
        }
    }

    /// Another worker of the same service.
    pub fn another_settler(&self) -> Settler {
        settler(&self.world, &self.proxy.url)
    }

    /// Its worker gives up soon.
    pub fn impatient(mut self) -> Self {
        self.world = self.world.impatient();
        self.settler = settler(&self.world, &self.proxy.url);
        self
    }

    pub async fn settle(&self) -> Report {
        self.try_settle().await.unwrap()
    }

    pub async fn try_settle(&self) -> Result<Report, DeliveryError> {
        self.settler.pass().await
    }

    /// A resource with hours of a month of Kill Bill's that is over: (meter, hour before this month, quantity).
    pub async fn used(&self, hours: &[(&'static str, i64, Decimal)]) -> Uuid {
        let resource = self.world.resource().await;
        self.world.push(resource, hours).await;
        resource
    }

    /// All invoices of the account in Kill Bill, the oldest first.
    pub async fn invoices(&self) -> Vec<Invoice> {
        let account = self.account().await;
        let mut invoices = self.world.kb.invoices().of_account(account, None).await.unwrap();
        invoices.sort_by_key(|invoice| invoice.invoice_number.as_ref().unwrap().parse::<u64>().unwrap());
        invoices
    }

    pub async fn account(&self) -> Uuid {
        let key = self.world.customer.simple().to_string();
        let account = self.world.kb.accounts().by_external_key(&key).await.unwrap();
        account.expect("the account is there").account_id
    }

    /// What the committed invoices of Kill Bill charge and credit by hand: the money that moved, line by line.
    pub async fn moved(&self) -> Vec<Decimal> {
        let committed = self
            .invoices()
            .await
            .into_iter()
            .filter(|invoice| invoice.status == Some(InvoiceStatus::Committed));
        let items = committed.flat_map(|invoice| invoice.items);
        let ours = items.filter(|item| matches!(item.item_type, ItemType::ExternalCharge | ItemType::CreditAdj));
        ours.map(|item| item.amount.normalize())
            .filter(|amount| !amount.is_zero())
            .collect()
    }

    pub async fn drafts(&self) -> usize {
        let drafts = self
            .invoices()
            .await
            .into_iter()
            .filter(|invoice| invoice.status == Some(InvoiceStatus::Draft));
        drafts.count()
    }

    pub async fn owed(&self) -> Decimal {
        let account = self.world.kb.accounts().get(self.account().await).await.unwrap();
        account.account_balance.unwrap_or_default().normalize()
    }

    /// Reads the invoices into the mirror and checks them; returns the verdicts, the oldest first.
    pub async fn mirror(&self) -> Vec<String> {
        self.world.later(TimeDelta::minutes(1));
        let sync = InvoiceSync {
            pool: self.world.pool().clone(),
            killbill: self.world.kb.clone(),
            clock: self.world.service.state.clock.clone(),
        };
        sync.customer(self.world.customer).await.unwrap();
        reconcile_all(self.world.pool(), &sync.clock, |_, _| ()).await.unwrap();
        self.world
            .texts("select verdict from invoice where status <> 'VOID' order by length(number), number")
            .await
    }

    /// States of the settlements, the oldest first.
    pub async fn settlements(&self) -> Vec<String> {
        self.world
            .texts("select direction || ' ' || state from settlement order by id")
            .await
    }

    pub async fn history(&self) -> Vec<String> {
        self.world
            .texts("select step || ' ' || kind || ' ' || outcome from settlement_attempt order by settlement_id, at, attempt, ctid")
            .await
    }

    /// What the API shows the staff.
    pub async fn json(&self, path: &str) -> Value {
        let service = &self.world.service;
        let answer = service.get(&service.staff, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.shown());
        answer.json()
    }

    /// Nothing here may ever park an account.
    pub async fn assert_not_parked(&self) {
        let tags = self.world.kb.accounts().tags(self.account().await).await.unwrap();
        assert!(tags.is_empty(), "{tags:?}");
    }
}

fn settler(world: &World, url: &Url) -> Settler {
    let connection = Connection {
        api_url: url.clone(),
        ..world.connection.clone()
    };
    Settler {
        pool: world.pool().clone(),
        killbill: KillBill::new(&connection).unwrap(),
        clock: world.service.state.clock.clone(),
        settings: config::Delivery {
            window: nodeconductor_billing::domain::due::Rhythm::Hourly,
            request_timeout: connection.request_timeout,
            ..world.worker.settings
        },
        currency: "USD".to_owned(),
        divisor: dec!(720),
        asks: Classes::default(),
        month_grace: Duration::from_hours(3),
        book: world.service.state.book.clone(),
        owner: Uuid::new_v4(),
    }
}
