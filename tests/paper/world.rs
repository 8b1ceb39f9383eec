//! A customer with resources, a ledger and a mirror, written as the service writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use nodeconductor_billing::config::Issuer;
use nodeconductor_billing::db::invoices::{self, InvoiceRecord, InvoiceRow, PaymentRecord, Reader};
use nodeconductor_billing::db::prices::PriceBook;
use nodeconductor_billing::db::usage;
use nodeconductor_billing::documents::{DocumentKind, Documents, StoredPdf};
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::route::Meter;
use nodeconductor_billing::web;
use rust_decimal::{Decimal, dec};
use sqlx::PgPool;
use uuid::Uuid;

use crate::printed::Printed;
use crate::support::web::Service;

pub struct World {
    pub service: Service,
    pub customer: Uuid,
    customer_id: i64,
}

/// A resource on a plan.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "under which it is known here and there")]
pub struct Subscribed {
    resource_id: i64,
    subscription_id: i64,
    pub killbill_id: Uuid,
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub const JANUARY: (&str, &str) = ("2026-01-01", "2026-02-01");
pub const DECEMBER: (&str, &str) = ("2025-12-01", "2026-01-01");

fn meter([name, display_name, price_name, unit_label]: [&str; 4]) -> Meter {
    let [name, display_name, price_name, unit_label] = [name, display_name, price_name, unit_label].map(str::to_owned);
    Meter {
        name,
        display_name,
        price_name,
        unit_label,
    }
}

fn issuer() -> Issuer {
    Issuer {
        name: "Northern Cloud OÜ".into(),
        address: vec!["Ülikooli 18".into(), "50090 Tartu".into()],
        registration: "12345678".into(),
        vat: "EE101234567".into(),
        bank: "Põhja Pank".into(),
        account: "EE382200221020145685".into(),
        notes: "Prices without VAT.".into(),
        ..Issuer::default()
    }
}

impl World {
    pub async fn new() -> Self {
        let mut service = Service::start().await;
        let meters = [
            ["cpu", "CPU", "cpu", "hours"],
            ["memory", "Memory", "ram_gb", "GB hours"],
        ]
        .map(meter)
        .to_vec();
        service.state.documents.book = PriceBook::new(meters, BTreeMap::new(), "EUR");
        service.state.documents.issuer = Arc::new(issuer());
        service.router = web::router(service.state.clone());
        let customer = Uuid::new_v4();
        let customer_id = sqlx::query_scalar(
            "insert into customer (uuid, name, native_name, email, contact_details, number, created_at, updated_at)
             values ($1, 'Žalgiris Institute', 'Žalgirio institutas', 'pay@zalgiris.example', E'Gedimino pr. 9\nVilnius', '10042', now(), now())
             returning id",
        )
        .bind(customer)
        .fetch_one(service.pool())
        .await
        .unwrap();
        Self {
            service,
            customer,
            customer_id,
        }
    }

    pub fn pool(&self) -> &PgPool {
        self.service.pool()
    }

    pub const fn documents(&self) -> &Documents {
        &self.service.state.documents
    }

    pub async fn resource(&self, name: &str, project: &str) -> Subscribed {
        let resource_id = sqlx::query_scalar(
            "insert into resource (uuid, customer_id, name, type, project_uuid, project_name, service_name, created_at, updated_at)
             values (gen_random_uuid(), $1, $2, 'OpenStack.Instance', case when $3 <> '' then md5($3)::uuid end, $3, 'Tartu cloud', now(), now())
             returning id",
        )
        .bind(self.customer_id)
        .bind(name)
        .bind(project)
        .fetch_one(self.pool())
        .await
        .unwrap();
        let killbill_id = Uuid::new_v4();
        let subscription_id = sqlx::query_scalar(
            "insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
             values ($1, 'vm', gen_random_uuid(), $2, '2025-12-01', now()) returning id",
        )
        .bind(resource_id)
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

    /// A delivery of `quantity` for each of `hours` hours from `from` on; returns its tracking id.
    pub async fn deliver(
        &self,
        of: Subscribed,
        meter: &str,
        unit: &str,
        from: &str,
        hours: i32,
        quantity: Decimal,
    ) -> String {
        self.deliver_revision(of, (meter, unit), (from, hours), (1, quantity))
            .await
    }

    /// A delivery that adds `delta` to each of these hours, which were delivered before.
    pub async fn correct(
        &self,
        of: Subscribed,
        meter: &str,
        unit: &str,
        from: &str,
        hours: i32,
        delta: Decimal,
    ) -> String {
        self.deliver_revision(of, (meter, unit), (from, hours), (2, delta))
            .await
    }

    async fn deliver_revision(
        &self,
        of: Subscribed,
        (meter, unit): (&str, &str),
        (from, hours): (&str, i32),
        (revision, quantity): (i16, Decimal),
    ) -> String {
        let from = at(&format!("{from}T00:00:00Z"));
        usage::ensure_months(self.pool(), &BTreeSet::from([Month::containing(from)]))
            .await
            .unwrap();
        let meter_id = usage::meters(self.pool(), &[meter.to_owned()]).await.unwrap()[meter];
        let factor = if unit.starts_with("minute-of-") {
            dec!(60)
        } else {
            dec!(1)
        };
        let tracking_id = format!("ncb:{}", Uuid::new_v4().simple());
        sqlx::query(
            "with sent as (
                 insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at)
                 values (gen_random_uuid(), $1, $2, date_trunc('month', $3::timestamptz), $3, $3 + $4 * interval '1 hour', $4, 'delivered', now())
                 returning id
             ), sums as (
                 insert into delivery_unit select id, $5, $6, $7, $4, $8 * $4, $8 * $4 * $7 from sent
             )
             insert into usage_record (resource_id, meter_id, hour, revision, quantity, delta, delivery_id, recorded_at)
             select $9, $5, $3 + n * interval '1 hour', $10, $8, $8, id, now() from sent, generate_series(0, $4 - 1) n",
        )
        .bind(of.subscription_id)
        .bind(&tracking_id)
        .bind(from)
        .bind(hours)
        .bind(meter_id)
        .bind(unit)
        .bind(factor)
        .bind(quantity)
        .bind(of.resource_id)
        .bind(revision)
        .execute(self.pool())
        .await
        .unwrap();
        tracking_id
    }

    pub async fn cancel(&self, of: Subscribed, instant: &str) {
        sqlx::query("update subscription set billing_end = $2 where id = $1")
            .bind(of.subscription_id)
            .bind(at(instant))
            .execute(self.pool())
            .await
            .unwrap();
    }

    /// Mirrors the invoice as it is now, an hour after whatever was mirrored before.
    pub async fn mirror(&self, record: &InvoiceRecord) -> InvoiceRow {
        self.mirror_paid(record, &[]).await
    }

    pub async fn mirror_paid(&self, record: &InvoiceRecord, payments: &[PaymentRecord]) -> InvoiceRow {
        let clock = &self.service.state.clock;
        clock.set(clock.now() + TimeDelta::hours(1));
        let reader = Reader {
            id: self.customer_id,
            uuid: self.customer,
            account_id: Uuid::new_v4(),
            full: true,
            read_before: None,
        };
        invoices::store(self.pool(), &reader, record, payments, clock.now(), clock.now())
            .await
            .unwrap();
        self.row(record).await
    }

    pub async fn row(&self, record: &InvoiceRecord) -> InvoiceRow {
        let uuid = sqlx::query_scalar("select uuid from invoice where killbill_id = $1").bind(record.killbill_id);
        let uuid: Uuid = uuid.fetch_one(self.pool()).await.unwrap();
        invoices::by_uuid(self.pool(), uuid, None).await.unwrap().unwrap()
    }

    pub async fn pdf(&self, invoice: &InvoiceRow, kind: DocumentKind) -> StoredPdf {
        self.documents().pdf(invoice, kind).await.unwrap()
    }

    /// What a reader of the invoice sees.
    pub async fn printed(&self, record: &InvoiceRecord) -> Printed {
        let row = self.mirror(record).await;
        Printed::of(&self.pdf(&row, DocumentKind::Invoice).await.pdf)
    }
}
