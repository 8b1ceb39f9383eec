//! One customer of one server, real or modelled, and the calendar by which the cases go through the months together:
//! the real server's clock is everybody's, so it moves when all cases have come to the same day.

use std::fmt::Write;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::killbill::invoices::{Invoice, InvoiceItem};
use nodeconductor_billing::killbill::subscriptions::NewSubscription;
use nodeconductor_billing::killbill::usages::{Recorded, UnitUsage, UsagePost};
use nodeconductor_billing::killbill::{Connection, Error, KillBill};
use rust_decimal::{Decimal, dec};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::support::catalog::{SampleCatalog, SamplePlan, SampleUsage};
use crate::support::killbill_model::Model;
use crate::support::killbill_server::{OwnServer, fresh_tenant, shared_url};

pub const PLAN: &str = "machine-hourly";
/// Where the cases begin.
pub const BEGIN: &str = "2030-01-20T12:00:00Z";

/// Two sections, one with whole and one with small blocks in two tiers.
pub fn price_list() -> SampleCatalog {
    let plan = SamplePlan::usage_only(PLAN, "machine", "Machine")
        .with(SampleUsage::new("machine-cpu", "cpu", "CPU hours").tier(dec!(1), dec!(0.0125), None))
        .with(
            SampleUsage::new("machine-ram", "ram", "RAM, GB hours")
                .tier(dec!(0.5), dec!(0.01), Some(10))
                .tier(dec!(0.5), dec!(0.004), None),
        );
    SampleCatalog::new("USD", vec![plan])
}

/// Which server the cases run on.
pub enum Kind {
    Model(Model),
    /// Shared with other tests; its clock must not be moved.
    Shared,
    Own(OwnServer),
}

/// A server, and how many cases go through the months on it together.
pub struct Bench {
    kind: Kind,
    together: Arc<Barrier>,
}

impl Bench {
    pub async fn modelled(cases: usize) -> Self {
        Self::of(Kind::Model(Model::start(at(BEGIN)).await), cases)
    }

    pub fn shared() -> Self {
        Self::of(Kind::Shared, 1)
    }

    /// Takes some 8 s to start.
    pub async fn own(cases: usize) -> Self {
        let bench = Self::of(Kind::Own(OwnServer::start("")), cases);
        bench.customer().await.kb.clock().set(at(BEGIN)).await.unwrap();
        bench
    }

    fn of(kind: Kind, cases: usize) -> Self {
        let together = Arc::new(Barrier::new(cases));
        Self { kind, together }
    }

    /// The model, where there is one.
    pub fn model(&self) -> Option<&Model> {
        match &self.kind {
            Kind::Model(model) => Some(model),
            Kind::Shared | Kind::Own(_) => None,
        }
    }

    async fn connection(&self) -> Connection {
        match &self.kind {
            Kind::Model(model) => Model::connection(&model.url()),
            Kind::Shared => fresh_tenant(&shared_url()).await,
            Kind::Own(server) => fresh_tenant(&server.api_url).await,
        }
    }

    /// A new customer; on a real server in a tenant of his own.
    pub async fn customer(&self) -> Customer {
        let kb = KillBill::new(&self.connection().await).unwrap();
        let uploaded = kb.catalog().upload(&price_list().xml()).await;
        assert!(uploaded.is_ok() || self.model().is_some(), "{uploaded:?}");
        let key = Uuid::new_v4().to_string();
        let account = kb.accounts().create(&account(&key)).await.unwrap();
        Customer {
            kb,
            account,
            together: Arc::clone(&self.together),
        }
    }
}

pub fn account(key: &str) -> NewAccount {
    NewAccount {
        external_key: key.to_owned(),
        name: "Ööbik & Sons".to_owned(),
        email: None,
        currency: "USD".to_owned(),
        time_zone: "UTC".to_owned(),
        bill_cycle_day: 1,
        reference_time: Some(at("2024-01-01T03:00:00Z")),
        locale: None,
    }
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub struct Customer {
    pub kb: KillBill,
    pub account: Uuid,
    together: Arc<Barrier>,
}

impl Customer {
    /// Waits for the other cases, and for the server to have done what falls due by then.
    pub async fn reach(&self, instant: &str) {
        if self.together.wait().await.is_leader() {
            self.kb.clock().set(at(instant)).await.unwrap();
        }
        self.together.wait().await;
        self.kb.clock().wait_for_queues().await.unwrap();
    }

    pub async fn subscribe(&self, start: &str) -> Uuid {
        let resource = Uuid::new_v4().to_string();
        self.order(&resource, &format!("{resource}:{PLAN}"), start)
            .await
            .unwrap()
    }

    pub async fn order(&self, resource: &str, key: &str, start: &str) -> Result<Uuid, Error> {
        let new = NewSubscription {
            account: self.account,
            external_key: key.to_owned(),
            bundle_external_key: resource.to_owned(),
            plan: PLAN.to_owned(),
            billing_start: at(start),
        };
        let id = self.kb.subscriptions().create(&new).await?;
        self.kb.clock().wait_for_queues().await?;
        Ok(id)
    }

    pub async fn post(
        &self,
        subscription: Uuid,
        id: &str,
        unit: &str,
        records: &[(&str, Decimal)],
    ) -> Result<Recorded, Error> {
        let post = UsagePost {
            subscription,
            tracking_id: id.to_owned(),
            units: vec![UnitUsage {
                unit: unit.to_owned(),
                records: records.iter().map(|(hour, amount)| (at(hour), *amount)).collect(),
            }],
        };
        self.kb.usages().record(&post).await
    }

    /// `post` that must be written.
    pub async fn use_up(&self, subscription: Uuid, id: &str, unit: &str, records: &[(&str, Decimal)]) {
        assert_eq!(self.post(subscription, id, unit, records).await, Ok(Recorded::Written));
    }

    /// An hour of one unit of `cpu`, or of several.
    pub async fn cpu(&self, subscription: Uuid, id: &str, hour: &str, amount: Decimal) {
        self.use_up(subscription, id, "cpu", &[(hour, amount)]).await;
    }

    /// What the invoices say about usage: a line for each one and for each item that is not zero, oldest first; zero
    /// items only as a number.
    pub async fn billed(&self) -> Vec<String> {
        self.kb.clock().wait_for_queues().await.unwrap();
        let mut invoices = self.kb.invoices().of_account(self.account, None).await.unwrap();
        invoices.sort_by_key(|invoice| invoice.invoice_number.clone().map(|number| (number.len(), number)));
        invoices.iter().flat_map(lines).collect()
    }

    pub async fn is_parked(&self) -> bool {
        let tags = self.kb.accounts().tags(self.account).await.unwrap();
        tags.iter().any(nodeconductor_billing::killbill::accounts::Tag::is_park)
    }

    pub async fn charged_through(&self, subscription: Uuid) -> Option<String> {
        let seen = self.kb.subscriptions().get(subscription).await.unwrap();
        seen.charged_through_date.map(|day| day.to_string())
    }

    pub async fn sum_of_2024(&self, subscription: Uuid, unit: &str) -> Decimal {
        let from = at("2024-01-01T00:00:00Z");
        let until = from + TimeDelta::days(366);
        let sums = self.kb.usages().sums(subscription, from, until).await.unwrap();
        sums.get(unit).copied().unwrap_or_default()
    }
}

fn lines(invoice: &Invoice) -> Vec<String> {
    let mut ids = invoice.tracking_ids.clone();
    ids.sort();
    let zeros = invoice.items.iter().filter(|item| item.amount.is_zero()).count();
    let target = invoice.target_date.unwrap();
    let mut items: Vec<&InvoiceItem> = invoice.items.iter().filter(|item| !item.amount.is_zero()).collect();
    items.sort_by_key(|item| (item.start_date, item.usage_name.clone(), item.amount));
    let head = format!(
        "up to {target}: {} zero, {} of [{}]",
        zeros,
        invoice.amount.round_dp(2).normalize(),
        ids.join(" ")
    );
    std::iter::once(head).chain(items.into_iter().map(line)).collect()
}

fn line(item: &InvoiceItem) -> String {
    let mut text = format!("- {}", item.usage_name.as_deref().unwrap_or("?"));
    let (start, end) = (item.start_date.unwrap(), item.end_date.unwrap());
    write!(text, " {start} to {end} =").unwrap();
    for tier in item.details().tiers() {
        write!(text, " {}x{}", tier.quantity.normalize(), tier.price.normalize()).unwrap();
    }
    write!(text, " = {}", item.amount).unwrap();
    text
}
