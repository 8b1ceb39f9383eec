//! A service with the sample price list and meters, and customers with machines.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::db::prices::{self, PriceBook};
use nodeconductor_billing::db::usage;
use nodeconductor_billing::domain::catalog;
use nodeconductor_billing::domain::route::Meter;
use nodeconductor_billing::sync::estimates::{EstimateReport, estimate};
use nodeconductor_billing::web;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::catalog::SampleCatalog;
use crate::support::web::Service;

pub struct World {
    pub service: Service,
    pub customer: Uuid,
    pub project: Uuid,
    pub place: Uuid,
    pub owner: String,
}

const METERS: [[&str; 2]; 5] = [
    ["cpu", "cpu"],
    ["memory", "ram_gb"],
    ["disk", "storage_gb"],
    ["licence", "license_type"],
    ["support", "support"],
];

fn meter([name, price_name]: [&str; 2]) -> Meter {
    Meter {
        name: name.to_owned(),
        display_name: name.to_uppercase(),
        price_name: price_name.to_owned(),
        unit_label: "hours".to_owned(),
    }
}

impl World {
    /// At noon of 1 March 2026: cpu costs 0.0125, memory 0.004, a licence 0.06, support 72 a month (0.1 an hour).
    pub async fn new() -> Self {
        Self::metering(&METERS).await
    }

    /// The same with these meters and what the price list calls them.
    pub async fn metering(meters: &[[&str; 2]]) -> Self {
        let mut service = Service::start().await;
        let configured = meters.iter().copied().map(meter).collect();
        service.state.book = PriceBook::new(configured, BTreeMap::new(), "USD");
        service.state.documents.book = service.state.book.clone();
        let names: Vec<String> = meters.iter().map(|[name, _]| (*name).to_owned()).collect();
        service.state.meters = usage::meters(service.pool(), &names).await.unwrap().into();
        service.router = web::router(service.state.clone());
        let (customer, project, place) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let owner = service.owner(&[customer]).await;
        let world = Self {
            service,
            customer,
            project,
            place,
            owner,
        };
        world.price_list(&SampleCatalog::standard("USD")).await;
        world
            .put(
                &format!("/api/customers/{}/", customer.simple()),
                json!({"name": "Alice"}),
            )
            .await;
        world
    }

    pub async fn price_list(&self, catalog: &SampleCatalog) {
        self.price_lists(std::slice::from_ref(catalog)).await;
    }

    /// All versions that Kill Bill has.
    pub async fn price_lists(&self, catalogs: &[SampleCatalog]) {
        let parsed = catalogs
            .iter()
            .map(|catalog| catalog::parse(&catalog.xml(), dec!(720)).unwrap());
        let versions: Vec<_> = parsed.flatten().collect();
        let now = self.service.state.clock.now();
        let mut tx = self.service.pool().begin().await.unwrap();
        prices::store(&mut tx, &versions, now, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn put(&self, path: &str, body: Value) {
        let answer = self.service.call("PUT", &self.service.pusher, path, body).await;
        assert!(answer.status.is_success(), "{}", answer.shown());
    }

    /// A registered machine of the project and the service.
    pub async fn machine(&self, name: &str) -> Uuid {
        let uuid = Uuid::new_v4();
        self.register(uuid, name).await;
        uuid
    }

    pub async fn register(&self, uuid: Uuid, name: &str) {
        let body = json!({"name": name, "type": "OpenStack.Instance", "customer": self.customer.simple().to_string(),
            "project": {"uuid": self.project.simple().to_string(), "name": "Shop"},
            "service_uuid": self.place.simple().to_string(), "service_name": "Tartu"});
        self.put(&format!("/api/resources/{}/", uuid.simple()), body).await;
    }

    pub async fn push(&self, resource: Uuid, meter: &str, from: &str, hours: i64, quantity: Decimal) {
        let from: DateTime<Utc> = from.parse().unwrap();
        let record = |n| json!({"resource": resource, "meter": meter, "hour": from + TimeDelta::hours(n), "quantity": quantity, "correction": true});
        let body = json!({"records": (0..hours).map(record).collect::<Vec<_>>()});
        let path = "/api/usage-records/?results=problems";
        let answer = self.service.call("POST", &self.service.pusher, path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
    }

    pub async fn estimate(&self) -> EstimateReport {
        let state = &self.service.state;
        estimate(&state.pool, &state.clock, &state.book).await.unwrap()
    }

    /// What the owner sees.
    pub async fn list(&self, query: &str) -> Vec<Value> {
        let path = format!("/api/price-estimates/?page_size=1000&{query}");
        let answer = self.service.get(&self.owner, &path).await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
        answer.json().as_array().unwrap().clone()
    }

    /// `scope_type scope_name consumed total`, of the open month.
    pub async fn figures(&self) -> Vec<String> {
        let rows = self.list("date=2026.03").await;
        rows.iter().map(figure).collect()
    }
}

pub fn figure(row: &Value) -> String {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    format!(
        "{} {}: {} of {}",
        text("scope_type"),
        text("scope_name"),
        row["consumed"],
        row["total"]
    )
}
