//! Customers whose hours have a monthly price, in the restore drill: their month was charged after the backup, and is
//! charged nowhere twice.

use chrono::{DateTime, Utc};
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::uuid_hex::hex;
use nodeconductor_billing::killbill::invoices::{InvoiceStatus, ItemType};
use nodeconductor_billing::killbill::{Connection, KillBill};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use crate::scene::{self, Customer};
use crate::support::api::{Api, Usage, text, wait_until};
use crate::support::catalog::{SampleCatalog, SamplePlan};
use crate::support::service::Service;

/// The sample prices, and support for 72 a month: 0.10 for each of 720 hours.
pub fn catalog() -> SampleCatalog {
    let mut catalog = scene::catalog();
    let support = SamplePlan::monthly("support-monthly", "support", "Support", dec!(72));
    catalog.plans.push(support);
    catalog
}

/// An installation that meters support and charges it by the hour.
pub fn installed(database: &str, killbill: &Connection) -> Service {
    let service = Service::installed(database, killbill);
    let meters = "[billing.openstack.invoice_meters]\n";
    let support =
        format!("[billing.monthly]\nproducts = [\"*\"]\n\n{meters}support = [\"Support\", \"support\", \"hours\"]\n");
    service.configure(&service.configured().replace(meters, &support));
    service
}

/// One customer with hours of support: those of before the backup, and those since.
pub struct Supported {
    customer: Customer,
    before: Vec<Usage>,
    since: Vec<Usage>,
    /// How Kill Bill knows the charge.
    mark: String,
}

impl Supported {
    /// Before the backup.
    pub async fn registered(pusher: &Api, name: &str, hours: &[DateTime<Utc>]) -> Self {
        let customer = Customer::registered(pusher, name, 1).await;
        let mut one = Self {
            customer,
            before: Vec::new(),
            since: Vec::new(),
            mark: String::new(),
        };
        one.before = one.hours(hours);
        pusher.push(&one.before).await;
        one
    }

    /// After it.
    pub async fn uses(&mut self, pusher: &Api, hours: &[DateTime<Utc>]) {
        self.since = self.hours(hours);
        pusher.push(&self.since).await;
    }

    fn hours(&self, hours: &[DateTime<Utc>]) -> Vec<Usage> {
        let resource = self.customer.resources[0];
        let hour = |hour: &DateTime<Utc>| Usage {
            resource,
            meter: "support",
            hour: *hour,
            quantity: dec!(1),
        };
        hours.iter().map(hour).collect()
    }

    /// Waits until the month is charged, before the ledger is lost.
    pub async fn is_charged(&mut self, staff: &Api) {
        text(&self.reaches(staff, "posted").await, "mark").clone_into(&mut self.mark);
    }

    /// Waits until the one settlement stands there.
    async fn reaches(&self, staff: &Api, state: &str) -> Value {
        let path = format!("/api/settlements/?customer={}", hex(self.customer.uuid));
        wait_until(
            &format!("the settlement is {state}"),
            async || matches!(staff.list(&path).await.as_slice(), [one] if one["state"] == state),
        )
        .await;
        staff.list(&path).await.remove(0)
    }

    /// On the restored ledger: the backup had all of its hours, so its charge is known again, without a request.
    pub async fn is_found_again(&self, staff: &Api) {
        let found = self.reaches(staff, "posted").await;
        assert_eq!(text(&found, "mark"), self.mark);
        assert_eq!(found["attempts"], 0, "nothing was sent: {found}");
        assert_eq!(found["detail"], "found committed");
    }

    /// The backup lacks some of its hours: nothing is sent, and what Kill Bill has is named.
    pub async fn waits_for_its_hours(&self, staff: &Api) {
        let found = self.reaches(staff, "unknown").await;
        assert_eq!(found["attempts"], 0, "nothing was sent: {found}");
        let detail = text(&found, "detail");
        assert!(
            detail.contains(&self.mark) && detail.contains("push the hours again"),
            "{detail}"
        );
    }

    pub async fn pushes_again(&self, pusher: &Api) {
        // In another portion than before, as pushers may.
        for one in &self.since {
            pusher.push_until_taken(std::slice::from_ref(one)).await;
        }
    }

    /// All that Kill Bill charges for the month, on whatever invoice that is not void.
    pub async fn is_charged_once(&self, killbill: &KillBill, month: Month) {
        let key = hex(self.customer.uuid);
        let account = killbill.accounts().by_external_key(&key).await.unwrap().unwrap();
        let invoices = killbill.invoices().of_account(account.account_id, None).await.unwrap();
        let standing = invoices
            .iter()
            .filter(|invoice| invoice.status != Some(InvoiceStatus::Void));
        let charges: Vec<_> = standing
            .flat_map(|invoice| &invoice.items)
            .filter(|item| item.item_type == ItemType::ExternalCharge)
            .map(|item| (item.start_date, item.amount.normalize()))
            .collect();
        let hours = Decimal::from(self.before.len() + self.since.len());
        assert_eq!(charges, [(Some(month.first_day()), (hours * dec!(0.1)).normalize())]);
    }
}
