//! What was promised, and what must therefore be in Kill Bill: kept by the client alone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::uuid_hex::hex;
use nodeconductor_billing::killbill::KillBill;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::scene::{self, price};
use crate::support::api::{Api, Usage, number, text, wait_until};

/// The last quantity that was taken of every hour.
#[derive(Clone, Default)]
pub struct Books(BTreeMap<(Uuid, &'static str, DateTime<Utc>), Decimal>);

impl Books {
    pub fn take(&mut self, usage: &[Usage]) {
        for one in usage {
            self.0.insert((one.resource, one.meter, one.hour), one.quantity);
        }
    }

    pub fn records(&self) -> usize {
        self.0.len()
    }

    /// Everything as it was taken last.
    pub fn usage(&self) -> Vec<Usage> {
        let one = |((resource, meter, hour), quantity): (&(Uuid, &'static str, DateTime<Utc>), &Decimal)| Usage {
            resource: *resource,
            meter,
            hour: *hour,
            quantity: *quantity,
        };
        self.0.iter().map(one).collect()
    }

    /// Kill Bill's own sums of the month are what was taken, to the ninth decimal, for each resource and meter.
    pub async fn agree_with(&self, killbill: &KillBill, month: Month) {
        for ((resource, meter), (_, quantity)) in scene::sums(&self.usage()) {
            let licence = meter == "license_type";
            let plan = if licence {
                "licence-by-minute"
            } else {
                "openstack-instance"
            };
            let key = format!("{}:{plan}", hex(resource));
            let found = killbill.subscriptions().by_external_key(&key).await.unwrap();
            let id = found.expect("a subscription").subscription_id;
            let held = killbill.usages().sums(id, month.start(), month.end()).await.unwrap();
            let (wanted, unit) = (quantity * price(&meter).factor, price(&meter).unit);
            assert_eq!(held.get(unit), Some(&wanted), "{meter} of {resource} in Kill Bill");
        }
    }

    /// All that was taken has arrived, and Kill Bill's sums were seen to agree.
    pub async fn have_arrived(&self, staff: &Api, customer: Uuid) {
        let of = |state: &str| format!("/api/usage-records/?customer={}&state={state}", hex(customer));
        let (verified, billed) = (of("verified"), of("billed"));
        wait_until("everything is verified", async || {
            staff.count(&verified).await + staff.count(&billed).await == self.records()
        })
        .await;
    }

    /// What was taken, at the list's prices, is what the customer's invoices come to, line by line explained.
    pub async fn are_billed(&self, staff: &Api, customer: Uuid, invoices: usize) {
        let path = format!("/api/invoices/?customer={}", hex(customer));
        let expected: Decimal = scene::expected(&scene::sums(&self.usage()), false).values().sum();
        wait_until("the invoices are there and balanced", async || {
            let all = staff.list(&path).await;
            let mut balanced = 0;
            for invoice in &all {
                let path = format!("/api/invoices/{}/reconciliation/", text(invoice, "uuid"));
                balanced += usize::from(staff.get(&path).await["status"] == "balanced");
            }
            all.len() == invoices && balanced == invoices
        })
        .await;
        let invoiced: Decimal = staff
            .list(&path)
            .await
            .iter()
            .filter_map(|one| number(one, "amount"))
            .sum();
        assert_eq!(invoiced, expected, "invoiced and metered × price");
        assert_eq!(open(staff).await, Vec::<Value>::new());
    }
}

/// Discrepancies that are not closed.
pub async fn open(staff: &Api) -> Vec<Value> {
    let all = staff.list("/api/discrepancies/").await;
    all.into_iter().filter(|one| one["closed_at"].is_null()).collect()
}
