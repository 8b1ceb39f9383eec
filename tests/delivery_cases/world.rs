//! The service with a worker, a tenant of a real Kill Bill behind a faulty line, and one customer.
//! Hours are counted from the first of Kill Bill's current month, our own clock stands on its eleventh.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::config;
use nodeconductor_billing::db::prices::PriceBook;
use nodeconductor_billing::db::usage;
use nodeconductor_billing::delivery::{Delivery, DeliveryError, Lanes, Report};
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::reach::Limits;
use nodeconductor_billing::domain::route::Meter;
use nodeconductor_billing::domain::settlement::Classes;
use nodeconductor_billing::killbill::{Connection, KillBill};
use nodeconductor_billing::sync::prices::sync_prices;
use nodeconductor_billing::web;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use sqlx::PgPool;
use url::Url;
use uuid::Uuid;

use crate::support::catalog::{SampleCatalog, SamplePlan, SampleUsage};
use crate::support::faulty_proxy::FaultyProxy;
use crate::support::killbill_server::{OwnServer, fresh_tenant, shared_url};
use crate::support::web::{Answer, Service};

/// Longer than Kill Bill needs for anything here, even on a busy machine.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// For those that wait for it.
const SHORT_TIMEOUT: Duration = Duration::from_secs(5);
pub const WAIT_OUT: TimeDelta = TimeDelta::minutes(2);
pub const PLAN: &str = "openstack-instance";

pub struct World {
    pub service: Service,
    pub proxy: FaultyProxy,
    /// Straight to Kill Bill, past the proxy.
    pub kb: KillBill,
    pub worker: Delivery,
    pub customer: Uuid,
    /// First instant of Kill Bill's month.
    pub month: DateTime<Utc>,
    pub connection: Connection,
}

/// A meter, an hour counted from the month's first, a quantity.
pub type Hourly = (&'static str, i64, Decimal);

/// The sample prices, a fourth unit for virtual machines, and a plan with a monthly fee besides its usage.
pub fn price_list() -> SampleCatalog {
    let mut catalog = SampleCatalog::standard("USD");
    let servers = SampleUsage::new("vm-servers", "server_num", "Server hours").tier(dec!(1), dec!(0.01), None);
    catalog.plans[0].usages.push(servers);
    let traffic = SampleUsage::new("hosting-traffic", "traffic_gb", "Traffic, GB").tier(dec!(1), dec!(0.02), None);
    catalog
        .plans
        .push(SamplePlan::monthly("hosting", "site", "Web site", dec!(30)).with(traffic));
    catalog
}

impl World {
    pub async fn new() -> Self {
        Self::with(&shared_url(), &[price_list()]).await
    }

    /// On a server of one's own, whose clock is set to 10 January 2027.
    pub async fn in_january(server: &OwnServer, prices: SampleCatalog) -> Self {
        let kb = KillBill::new(&fresh_tenant(&server.api_url).await).unwrap();
        kb.clock().set("2027-01-10T06:00:00Z".parse().unwrap()).await.unwrap();
        Self::with(&server.api_url, &[prices]).await
    }

    /// A tenant of the server with these catalog versions, pulled.
    pub async fn with(server: &Url, versions: &[SampleCatalog]) -> Self {
        let xml: Vec<String> = versions.iter().map(SampleCatalog::xml).collect();
        Self::of_catalogs(server, &xml).await
    }

    /// The same with versions as they are uploaded.
    pub async fn of_catalogs(server: &Url, versions: &[String]) -> Self {
        let mut connection = fresh_tenant(server).await;
        connection.request_timeout = REQUEST_TIMEOUT;
        let kb = KillBill::new(&connection).unwrap();
        for version in versions {
            kb.catalog().upload(version).await.unwrap();
        }
        let month = Month::containing(kb.clock().now().await.unwrap()).start();
        let mut service = Service::start().await;
        service.state.clock.set(month + TimeDelta::days(10));
        let meters = [
            ("cpu", "cpu"),
            ("burst", "cpu"),
            ("memory", "ram_gb"),
            ("disk", "storage_gb"),
            ("servers", "server_num"),
            ("licence", "license_type"),
            ("traffic", "traffic_gb"),
        ];
        let configured = meters.map(|(name, price_name)| Meter {
            name: name.to_owned(),
            display_name: name.to_uppercase(),
            price_name: price_name.to_owned(),
            unit_label: "hours".to_owned(),
        });
        service.state.book = PriceBook::new(configured.into(), BTreeMap::new(), "USD");
        let names = meters.map(|(name, _)| name.to_owned());
        service.state.meters = usage::meters(service.pool(), &names).await.unwrap().into();
        service.router = web::router(service.state.clone());
        let proxy = FaultyProxy::before(server).await;
        let worker = worker(&service, &proxy.url, &connection);
        let customer = Uuid::new_v4();
        let world = Self {
            service,
            proxy,
            kb,
            worker,
            customer,
            month,
            connection,
        };
        world.pull_prices().await;
        world
            .put(
                &format!("/api/customers/{customer}/"),
                json!({"name": "Alice", "email": "alice@customer.test"}),
            )
            .await;
        world
    }

    pub fn pool(&self) -> &PgPool {
        self.service.pool()
    }

    /// Its worker gives up soon.
    pub fn impatient(mut self) -> Self {
        self.connection.request_timeout = SHORT_TIMEOUT;
        self.worker = self.worker_on(&self.proxy.url);
        self
    }

    /// Another worker of the same service, on its own line to `url`.
    pub fn worker_on(&self, url: &Url) -> Delivery {
        worker(&self.service, url, &self.connection)
    }

    pub async fn pull_prices(&self) {
        let state = &self.service.state;
        sync_prices(self.pool(), &self.kb, &state.clock, dec!(720), &state.book)
            .await
            .unwrap();
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        let answer = self.service.call("PUT", &self.service.staff, path, body).await;
        assert!(answer.status.is_success(), "{}", answer.shown());
        answer
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.service.call("POST", &self.service.staff, path, body).await
    }

    /// Registers a virtual machine, or changes what is said about it.
    pub async fn register(&self, resource: Uuid, more: Value) {
        let mut body = json!({"name": "web-1", "type": "OpenStack.Instance", "customer": self.customer,
                              "project": {"uuid": Uuid::from_u128(7), "name": "Shop"}, "service_name": "Cloud"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.put(&format!("/api/resources/{resource}/"), body).await;
    }

    pub async fn resource(&self) -> Uuid {
        let resource = Uuid::new_v4();
        self.register(resource, json!({})).await;
        resource
    }

    pub async fn push(&self, resource: Uuid, records: &[Hourly]) {
        self.push_all(resource, records, false).await;
    }

    pub async fn correct(&self, resource: Uuid, records: &[Hourly]) {
        self.push_all(resource, records, true).await;
    }

    async fn push_all(&self, resource: Uuid, records: &[Hourly], correction: bool) {
        let records = records.iter().map(|(meter, hour, quantity)| {
            json!({"resource": resource, "meter": meter, "hour": self.hour(*hour),
                   "quantity": quantity.to_string(), "correction": correction})
        });
        let answer = self
            .post("/api/usage-records/", json!({"records": records.collect::<Vec<_>>()}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
    }

    pub async fn terminate(&self, resource: Uuid, at: DateTime<Utc>) {
        let answer = self
            .post(&format!("/api/resources/{resource}/terminate/"), json!({"at": at}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
    }

    /// First instant of the month's n-th hour, from 0.
    pub fn hour(&self, n: i64) -> DateTime<Utc> {
        self.month + TimeDelta::hours(n)
    }

    pub fn later(&self, by: TimeDelta) {
        let clock = &self.service.state.clock;
        clock.set(clock.now() + by);
    }

    pub async fn pass(&self) -> Report {
        self.try_pass().await.unwrap()
    }

    pub async fn try_pass(&self) -> Result<Report, DeliveryError> {
        self.worker.pass(&|_, _| ()).await
    }
}

fn worker(service: &Service, url: &Url, connection: &Connection) -> Delivery {
    let connection = Connection {
        api_url: url.clone(),
        ..connection.clone()
    };
    Delivery {
        pool: service.pool().clone(),
        killbill: KillBill::new(&connection).unwrap(),
        clock: service.state.clock.clone(),
        settings: config::Delivery {
            window: nodeconductor_billing::domain::due::Rhythm::Hourly,
            settle_after: Duration::from_mins(10),
            every: Duration::from_mins(1),
            request_timeout: connection.request_timeout,
            wait_out: WAIT_OUT.to_std().unwrap(),
            workers: 4,
        },
        limits: Limits::default(),
        currency: "USD".to_owned(),
        owner: Uuid::new_v4(),
        asks: Classes::default(),
        lanes: Lanes::default(),
        killbill_ahead: std::sync::Arc::default(),
    }
}
