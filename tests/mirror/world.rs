//! A customer with resources in both worlds: our ledger and a tenant of a Kill Bill whose clock is ours to move.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::db::prices::PriceBook;
use nodeconductor_billing::db::usage;
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::killbill::subscriptions::NewSubscription;
use nodeconductor_billing::killbill::usages::{UnitUsage, UsagePost};
use nodeconductor_billing::sync::invoices::{CustomerSync, InvoiceSync};
use nodeconductor_billing::sync::prices::sync_prices;
use nodeconductor_billing::sync::reconcile::{ReconcileReport, reconcile_all};
use rust_decimal::{Decimal, dec};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::catalog::SampleCatalog;
use crate::support::database::TestDatabase;
use crate::support::killbill_server::{OwnServer, fresh_tenant, set_mode};

pub struct World {
    pub sync: InvoiceSync,
    pub kb: KillBill,
    pub customer: Uuid,
    pub account: Uuid,
    database: TestDatabase,
}

/// A resource on a plan.
#[expect(clippy::struct_field_names, reason = "under which it is known here and there")]
pub struct Subscribed {
    pub resource_id: i64,
    pub subscription_id: i64,
    pub killbill_id: Uuid,
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The meter, the unit it is sent in, and how many of those make one of the meter's.
pub type Metering = (&'static str, &'static str, Decimal);
pub const CPU: Metering = ("cpu", "cpu", dec!(1));
pub const MEMORY: Metering = ("memory", "ram_gb", dec!(1));
pub const DISK: Metering = ("disk", "storage_gb", dec!(1));
pub const LICENCE: Metering = ("licence", "minute-of-licence", dec!(60));

impl World {
    /// A tenant in the given mode with the sample prices, pulled, and one customer with an account. Kill Bill's day is 2026-01-01.
    pub async fn new(server: &OwnServer, mode: &str) -> Self {
        Self::with_catalog(server, mode, &SampleCatalog::standard("EUR").xml()).await
    }

    pub async fn with_catalog(server: &OwnServer, mode: &str, catalog: &str) -> Self {
        let database = TestDatabase::fresh().await;
        let kb = KillBill::new(&fresh_tenant(&server.api_url).await).unwrap();
        set_mode(&kb, mode).await;
        kb.catalog().upload(catalog).await.unwrap();
        kb.clock().set(at("2026-01-01T06:00:00Z")).await.unwrap();
        let clock = Clock::manual(at("2026-07-01T00:00:00Z"));
        let customer = Uuid::new_v4();
        let account = kb.accounts().create(&account(customer)).await.unwrap();
        sqlx::query("insert into customer (uuid, name, native_name, account_id, created_at, updated_at) values ($1, 'Alice', 'Alice C.', $2, now(), now())")
            .bind(customer)
            .bind(account)
            .execute(&database.pool)
            .await
            .unwrap();
        let sync = InvoiceSync {
            pool: database.pool.clone(),
            killbill: kb.clone(),
            clock,
        };
        let world = Self {
            sync,
            kb,
            customer,
            account,
            database,
        };
        world.pull_prices().await;
        world
    }

    pub async fn pull_prices(&self) {
        let book = PriceBook::new(vec![], BTreeMap::new(), "EUR");
        sync_prices(self.pool(), &self.kb, &self.sync.clock, dec!(720), &book)
            .await
            .unwrap();
    }

    pub fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    /// A resource and its subscription from the first instant of 2026 on.
    pub async fn resource(&self, name: &str, plan: &str) -> Subscribed {
        let uuid = Uuid::new_v4();
        let key = format!("{}:{plan}", uuid.simple());
        let order = NewSubscription {
            account: self.account,
            external_key: key.clone(),
            bundle_external_key: uuid.simple().to_string(),
            plan: plan.to_owned(),
            billing_start: at("2026-01-01T00:00:00Z"),
        };
        let killbill_id = self.kb.subscriptions().create(&order).await.unwrap();
        let resource_id = sqlx::query_scalar(
            "insert into resource (uuid, customer_id, name, type, project_uuid, project_name, service_name, created_at, updated_at)
             select $1, id, $2, 'OpenStack.Instance', gen_random_uuid(), 'Project of ' || $2, 'Cloud', now(), now() from customer returning id",
        )
        .bind(uuid)
        .bind(name)
        .fetch_one(self.pool())
        .await
        .unwrap();
        let subscription_id = sqlx::query_scalar(
            "insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
             values ($1, $2, $3, $4, '2026-01-01', now()) returning id",
        )
        .bind(resource_id)
        .bind(plan)
        .bind(key)
        .bind(killbill_id)
        .fetch_one(self.pool())
        .await
        .unwrap();
        Subscribed {
            resource_id,
            subscription_id,
            killbill_id,
        }
    }

    /// One delivery: in the ledger as a worker would have left it, and in Kill Bill.
    pub async fn deliver(
        &self,
        of: &Subscribed,
        (meter, unit, factor): Metering,
        records: &[(&str, Decimal)],
    ) -> String {
        let tracking_id = self.book(of, (meter, unit, factor), records).await;
        let records = records.iter().map(|&(hour, quantity)| (at(hour), quantity * factor));
        self.post(of, &tracking_id, unit, records.collect()).await;
        tracking_id
    }

    /// The same in the ledger alone.
    pub async fn book(&self, of: &Subscribed, (meter, unit, factor): Metering, records: &[(&str, Decimal)]) -> String {
        let records: Vec<(DateTime<Utc>, Decimal)> =
            records.iter().map(|&(hour, quantity)| (at(hour), quantity)).collect();
        let tracking_id = format!("ncb:{}", Uuid::new_v4().simple());
        let months: BTreeSet<Month> = records.iter().map(|(hour, _)| Month::containing(*hour)).collect();
        usage::ensure_months(self.pool(), &months).await.unwrap();
        let meter_id = usage::meters(self.pool(), &[meter.to_owned()]).await.unwrap()[meter];
        let first = records.iter().map(|(hour, _)| *hour).min().unwrap();
        let last = records.iter().map(|(hour, _)| *hour).max().unwrap();
        let total: Decimal = records.iter().map(|(_, quantity)| quantity).sum();
        let delivery: i64 = sqlx::query_scalar(
            "insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at)
             values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, 'delivered', now()) returning id",
        )
        .bind(of.subscription_id)
        .bind(&tracking_id)
        .bind(Month::containing(first).first_day())
        .bind(first)
        .bind(last + TimeDelta::hours(1))
        .bind(i32::try_from(records.len()).unwrap())
        .fetch_one(self.pool())
        .await
        .unwrap();
        sqlx::query("insert into delivery_unit (delivery_id, meter_id, unit, factor, records, quantity, amount) values ($1, $2, $3, $4, $5, $6, $6 * $4)")
            .bind(delivery)
            .bind(meter_id)
            .bind(unit)
            .bind(factor)
            .bind(i32::try_from(records.len()).unwrap())
            .bind(total)
            .execute(self.pool())
            .await
            .unwrap();
        for (hour, quantity) in &records {
            sqlx::query(
                "insert into usage_record (resource_id, meter_id, hour, quantity, delta, delivery_id, recorded_at) values ($1, $2, $3, $4, $4, $5, now())",
            )
            .bind(of.resource_id)
            .bind(meter_id)
            .bind(hour)
            .bind(quantity)
            .bind(delivery)
            .execute(self.pool())
            .await
            .unwrap();
        }
        tracking_id
    }

    /// Usage in Kill Bill alone.
    pub async fn post(&self, of: &Subscribed, tracking_id: &str, unit: &str, records: Vec<(DateTime<Utc>, Decimal)>) {
        let records = records
            .into_iter()
            .map(|(hour, amount)| (hour + TimeDelta::minutes(30), amount))
            .collect();
        let post = UsagePost {
            subscription: of.killbill_id,
            tracking_id: tracking_id.to_owned(),
            units: vec![UnitUsage {
                unit: unit.to_owned(),
                records,
            }],
        };
        self.kb.usages().record(&post).await.unwrap();
    }

    /// Moves Kill Bill's clock to six o'clock of the day; it bills what fell due.
    pub async fn pass(&self, day: &str) {
        self.kb.clock().set(at(&format!("{day}T06:00:00Z"))).await.unwrap();
    }

    /// Reads the customer's invoices and checks what is due.
    pub async fn mirror(&self) -> (CustomerSync, ReconcileReport) {
        self.sync.clock.set(self.sync.clock.now() + TimeDelta::minutes(1));
        let read = self.sync.customer(self.customer).await.unwrap().unwrap();
        (
            read,
            reconcile_all(self.pool(), &self.sync.clock, |_, _| ()).await.unwrap(),
        )
    }
}

fn account(customer: Uuid) -> NewAccount {
    NewAccount {
        external_key: customer.simple().to_string(),
        name: "Alice".to_owned(),
        email: None,
        currency: "EUR".to_owned(),
        time_zone: "UTC".to_owned(),
        bill_cycle_day: 1,
        reference_time: Some(at("2026-01-01T03:00:00Z")),
        locale: None,
    }
}
