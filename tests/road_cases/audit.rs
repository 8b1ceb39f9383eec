//! The auditor: reads everything over REST and from Kill Bill itself, and compares it with what was pushed and what it
//! must cost.

use std::collections::BTreeMap;

use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::uuid_hex::hex;
use nodeconductor_billing::killbill::KillBill;
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use uuid::Uuid;

use super::scene::{Customer, Sums, cents, expected, price};
use crate::support::api::{Api, number, text, wait_until};

pub struct Audit<'a> {
    pub api: &'a Api,
    pub killbill: &'a KillBill,
    pub customer: &'a Customer,
    pub pushed: &'a Sums,
    pub month: Month,
    /// Kill Bill writes a line for each tier.
    pub by_tier: bool,
}

/// A resource's meter.
type Key = (Uuid, String);

impl Audit<'_> {
    /// Every check there is. Returns the invoices.
    pub async fn passes(&self) -> Vec<Value> {
        self.every_record_is_billed().await;
        let invoices = self.invoices().await;
        let (mut invoiced, mut evidence) = (BTreeMap::<Key, Decimal>::new(), Sums::new());
        for invoice in &invoices {
            self.adds_up(invoice).await;
            for item in self.usage_items(invoice).await {
                let key = key(&item);
                *invoiced.entry(key.clone()).or_default() += number(&item, "amount").unwrap();
                let (records, quantity) = self.explains(invoice, &item).await;
                let behind = evidence.entry(key).or_default();
                // Each of several tiers has its part of the quantity, and all the records behind it.
                *behind = (records, behind.1 + quantity);
            }
        }
        assert_eq!(
            &evidence, self.pushed,
            "the records behind the lines are not those that were pushed"
        );
        let differences = differences(&invoiced, &expected(self.pushed, self.by_tier));
        assert_eq!(differences, BTreeMap::new(), "invoiced − expected");
        assert_eq!(self.api.list("/api/discrepancies/").await, Vec::<Value>::new());
        self.killbill_agrees(&invoices).await;
        invoices
    }

    fn of_customer(&self, path: &str) -> String {
        format!("{path}?customer={}", hex(self.customer.uuid))
    }

    async fn invoices(&self) -> Vec<Value> {
        let oldest_first = format!("{}&o=date", self.of_customer("/api/invoices/"));
        self.api.list(&oldest_first).await
    }

    async fn every_record_is_billed(&self) {
        let all = usize::try_from(self.pushed.values().map(|(records, _)| records).sum::<u64>()).unwrap();
        let billed = format!("{}&state=billed", self.of_customer("/api/usage-records/"));
        wait_until("every record stands on an invoice", async || {
            self.api.count(&billed).await == all
        })
        .await;
        assert_eq!(self.api.count(&self.of_customer("/api/usage-records/")).await, all);
    }

    async fn adds_up(&self, invoice: &Value) {
        let items = self.items(invoice).await;
        let sum: Decimal = items.iter().filter_map(|item| number(item, "amount")).sum();
        assert_eq!(Some(sum), number(invoice, "amount"), "{invoice}");
        let path = format!("/api/invoices/{}/reconciliation/", text(invoice, "uuid"));
        wait_until("the invoice is balanced", async || {
            self.api.get(&path).await["status"] == "balanced"
        })
        .await;
        assert_eq!(self.api.get(&path).await["differences"], serde_json::json!([]));
    }

    async fn items(&self, invoice: &Value) -> Vec<Value> {
        let items = self
            .api
            .get(&format!("/api/invoices/{}/items/", text(invoice, "uuid")))
            .await;
        items.as_array().unwrap().clone()
    }

    async fn usage_items(&self, invoice: &Value) -> Vec<Value> {
        let items = self.items(invoice).await;
        items.into_iter().filter(|item| item["kind"] == "usage").collect()
    }

    /// A line and its evidence: quantity × price is the amount, nothing is left over, and the records can be listed.
    async fn explains(&self, invoice: &Value, item: &Value) -> (u64, Decimal) {
        let path = format!(
            "/api/invoices/{}/items/{}/evidence/",
            text(invoice, "uuid"),
            text(item, "uuid")
        );
        let summary = self.api.get(&format!("{path}?summary=true")).await;
        assert_eq!(summary["difference"], "0.00", "{item} {summary}");
        assert_eq!(number(&summary, "amount"), number(item, "amount"));
        let records = summary["records"].as_u64().unwrap();
        assert_eq!(self.api.count(&path).await as u64, records, "{item} {summary}");
        if let (Some(quantity), Some(rate)) = (number(item, "quantity"), number(item, "rate")) {
            assert_eq!(Some(cents(quantity * rate)), number(item, "amount"), "{item}");
        } else {
            assert_eq!(
                (text(item, "meter"), self.by_tier),
                ("disk", false),
                "only two tiers in one line have no single price: {item}"
            );
        }
        (records, number(&summary, "quantity").unwrap())
    }

    /// Kill Bill itself: the same invoices with the same amounts, and in its usage what was pushed, once.
    async fn killbill_agrees(&self, invoices: &[Value]) {
        let account = self
            .killbill
            .accounts()
            .by_external_key(&hex(self.customer.uuid))
            .await
            .unwrap()
            .unwrap();
        let theirs = self
            .killbill
            .invoices()
            .of_account(account.account_id, None)
            .await
            .unwrap();
        let theirs: BTreeMap<_, _> = theirs
            .iter()
            .map(|invoice| (invoice.invoice_id.to_string(), invoice.amount))
            .collect();
        let ours = invoices
            .iter()
            .map(|one| (text(one, "backend_id").to_owned(), number(one, "amount").unwrap()));
        assert_eq!(ours.collect::<BTreeMap<_, _>>(), theirs);
        for ((resource, meter), (_, quantity)) in self.pushed {
            let price = price(meter);
            let plan = if meter == "license_type" {
                "licence-by-minute"
            } else {
                "openstack-instance"
            };
            let key = format!("{}:{plan}", hex(*resource));
            let subscription = self
                .killbill
                .subscriptions()
                .by_external_key(&key)
                .await
                .unwrap()
                .unwrap();
            let (start, end) = (self.month.start(), self.month.end());
            let sums = self
                .killbill
                .usages()
                .sums(subscription.subscription_id, start, end)
                .await
                .unwrap();
            assert_eq!(
                sums.get(price.unit),
                Some(&(quantity * price.factor)),
                "{meter} of {resource} in Kill Bill"
            );
        }
    }
}

fn key(item: &Value) -> Key {
    (
        text(item, "resource_uuid").parse().unwrap(),
        text(item, "meter").to_owned(),
    )
}

fn differences(invoiced: &BTreeMap<Key, Decimal>, expected: &BTreeMap<Key, Decimal>) -> BTreeMap<Key, Decimal> {
    let keys = invoiced.keys().chain(expected.keys());
    let of = |map: &BTreeMap<Key, Decimal>, key| map.get(key).copied().unwrap_or_default();
    keys.map(|key| (key.clone(), of(invoiced, key) - of(expected, key)))
        .filter(|(_, difference)| *difference != dec!(0))
        .collect()
}
