//! What the ledger and Kill Bill say afterwards, as the tests compare it.

use std::collections::BTreeMap;

use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::killbill::invoices::{Invoice, InvoiceItem};
use nodeconductor_billing::killbill::subscriptions::Subscription;
use rust_decimal::Decimal;
use secrecy::ExposeSecret;
use serde_json::Value;
use uuid::Uuid;

use super::world::{PLAN, World};

impl World {
    /// States of all deliveries, oldest first.
    pub async fn deliveries(&self) -> Vec<String> {
        self.texts("select state from delivery order by id").await
    }

    /// The history of all deliveries as `kind outcome`, oldest first.
    pub async fn history(&self) -> Vec<String> {
        self.texts("select kind || ' ' || outcome from delivery_attempt order by delivery_id, at, attempt, ctid")
            .await
    }

    /// State of each current record, by meter and hour.
    pub async fn states(&self, resource: Uuid) -> Vec<String> {
        let path = format!("/api/usage-records/?resource={resource}&page_size=300");
        let records = self.service.get(&self.service.staff, &path).await.json();
        let shown = |record: &Value| match record["held"].as_str() {
            Some(code) => code.to_owned(),
            None => record["state"].as_str().unwrap().to_owned(),
        };
        records
            .as_array()
            .unwrap()
            .iter()
            .map(shown)
            .filter(|state| state != "superseded")
            .collect()
    }

    /// The customer's next invoice; Kill Bill foresees it once it has looked at the subscription itself.
    pub async fn upcoming(&self) -> Invoice {
        let key = self.customer.simple().to_string();
        let account = self.kb.accounts().by_external_key(&key).await.unwrap().unwrap();
        for _ in 0..500 {
            let foreseen = self.kb.invoices().dry_run_upcoming(account.account_id).await;
            if let Some(invoice) = foreseen.unwrap() {
                return invoice;
            }
        }
        panic!("Kill Bill foresees no invoice");
    }

    /// What the customer's next invoice would bill, as `usage amount`.
    pub async fn upcoming_lines(&self) -> Vec<String> {
        let invoice = self.upcoming().await;
        let charged = invoice.items.iter().filter(|item| !item.amount.is_zero());
        let line = |item: &InvoiceItem| {
            let usage = item.usage_name.as_deref().unwrap_or_default();
            format!("{usage} {}", item.amount.normalize())
        };
        let mut lines: Vec<String> = charged.map(line).collect();
        lines.sort_unstable();
        lines
    }

    /// Amounts and details of the open discrepancies of a kind, as the API tells them; of a detail that says who waits since
    /// when, what comes after that.
    pub async fn open(&self, kind: &str) -> Vec<(Decimal, String)> {
        let path = format!("/api/discrepancies/?state=open&kind={kind}&page_size=300");
        let found = self.service.get(&self.service.staff, &path).await.json();
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let told = |one: &Value| {
            let detail = text(one, "detail");
            let reason = detail.split_once(" times. ").map(|(_, reason)| reason.to_owned());
            (text(one, "amount").parse().unwrap(), reason.unwrap_or(detail))
        };
        found.as_array().unwrap().iter().map(told).collect()
    }

    pub async fn texts(&self, query: &'static str) -> Vec<String> {
        sqlx::query_scalar(query).fetch_all(self.pool()).await.unwrap()
    }

    /// Why the resource's work stopped last.
    pub async fn last_error(&self, resource: Uuid) -> String {
        let error: Option<String> = sqlx::query_scalar("select last_error from resource where uuid = $1")
            .bind(resource)
            .fetch_one(self.pool())
            .await
            .unwrap();
        error.unwrap_or_default()
    }

    /// Kill Bill's subscription of the resource on the plan.
    pub async fn subscription(&self, resource: Uuid, plan: &str) -> Subscription {
        let key = format!("{}:{plan}", resource.simple());
        self.kb.subscriptions().by_external_key(&key).await.unwrap().unwrap()
    }

    /// Takes a cancellation back, as a person does it in Kill Bill.
    pub async fn uncancel(&self, subscription: Uuid) {
        let url = self
            .connection
            .api_url
            .join(&format!("subscriptions/{subscription}/uncancel"))
            .unwrap();
        let call = reqwest::Client::new().put(url).basic_auth("admin", Some("password"));
        let call = call
            .header("X-Killbill-ApiKey", &self.connection.api_key)
            .header("X-Killbill-ApiSecret", self.connection.api_secret.expose_secret())
            .header("X-Killbill-CreatedBy", "a test");
        assert!(call.send().await.unwrap().status().is_success());
    }

    /// What Kill Bill holds of the resource's month and the next, by unit, next to what the ledger's latest revisions
    /// say: the one figure that must never differ.
    pub async fn balance(&self, resource: Uuid) -> (BTreeMap<String, Decimal>, BTreeMap<String, Decimal>) {
        let id = self.subscription(resource, PLAN).await.subscription_id;
        let end = Month::containing(self.month).next().end();
        let held = self.kb.usages().sums(id, self.month, end).await.unwrap();
        let rows: Vec<(String, Decimal)> = sqlx::query_as(
            "select o.unit, sum(u.quantity * o.factor) from usage_record u
             join route o using (resource_id, meter_id) join resource r on r.id = u.resource_id
             where r.uuid = $1 and o.plan = $2 and not u.superseded group by o.unit",
        )
        .bind(resource)
        .bind(PLAN)
        .fetch_all(self.pool())
        .await
        .unwrap();
        (held, rows.into_iter().collect())
    }

    /// Everything of the resource arrived, once.
    pub async fn assert_balanced(&self, resource: Uuid) {
        let (held, pushed) = self.balance(resource).await;
        assert!(!held.is_empty());
        assert_eq!(held, pushed);
    }
}
