//! What must be there before usage can be sent: the customer's account, a subscription for each plan that the
//! resource's meters need, and the names in its custom fields.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::account::{self, Payer};
use super::{Delivery, DeliveryError};
use crate::db::outbox::Work;
use crate::db::subscriptions::{self, Facts, Subscription, Wanted};
use crate::db::timelines::Timelines;
use crate::domain::hour::Hour;
use crate::domain::month::Month;
use crate::domain::uuid_hex::hex;
use crate::killbill::subscriptions::NewSubscription;

impl Delivery {
    pub(super) async fn provision(&self, work: &Work) -> Result<(), DeliveryError> {
        if let Some(account) = work.account_id.filter(|_| work.account_terms.is_none()) {
            let seen = self.killbill.accounts().get(account).await?;
            account::examine(&self.pool, &self.killbill, work.customer_id, &seen, self.clock.now()).await?;
        }
        let wanted = subscriptions::wanted(&self.pool, work.id).await?;
        if !wanted.is_empty() {
            let account = self.account(work).await?;
            for plan in &wanted {
                self.subscribe(work, account, plan).await?;
            }
        }
        for subscription in subscriptions::of_resource(&self.pool, work.id).await? {
            self.tell_names(work, &subscription).await?;
        }
        Ok(())
    }

    async fn account(&self, work: &Work) -> Result<Uuid, DeliveryError> {
        let payer = Payer {
            id: work.customer_id,
            uuid: work.customer_uuid,
            name: &work.customer_name,
            email: &work.customer_email,
            account_id: work.account_id,
        };
        account::ensure(&self.pool, &self.killbill, &self.currency, payer, self.clock.now()).await
    }

    /// Looks the subscription up first: Kill Bill answers a second one under the same key with a bare 500.
    async fn subscribe(&self, work: &Work, account: Uuid, wanted: &Wanted) -> Result<(), DeliveryError> {
        self.keep_lease(work).await?;
        let external_key = format!("{}:{}", hex(work.uuid), wanted.plan);
        let id = match self.killbill.subscriptions().by_external_key(&external_key).await? {
            Some(found) if found.account_id != account || found.plan_name != wanted.plan => {
                return Err(DeliveryError::Blocked(format!(
                    "subscription {external_key} is on plan {} of account {}, not on {} of {account}",
                    found.plan_name, found.account_id, wanted.plan
                )));
            }
            Some(found) => found.subscription_id,
            None => {
                let new = NewSubscription {
                    account,
                    external_key: external_key.clone(),
                    bundle_external_key: hex(work.uuid),
                    plan: wanted.plan.clone(),
                    billing_start: billing_start(work.started_at, wanted),
                };
                self.killbill.subscriptions().create(&new).await?
            }
        };
        let plan = (wanted.plan.as_str(), billing_start(work.started_at, wanted));
        let stored = self.read_subscription(work.id, plan, id).await?;
        tracing::info!(resource = %work.uuid, plan = wanted.plan, subscription = %id, start = %stored.billing_start, "subscription ready");
        Ok(())
    }

    /// Writes down what Kill Bill says of a subscription. With the plan comes the start that was asked for, should Kill Bill not tell one.
    pub(super) async fn read_subscription(
        &self,
        resource_id: i64,
        (plan, asked_start): (&str, DateTime<Utc>),
        id: Uuid,
    ) -> Result<Subscription, DeliveryError> {
        let seen = self.killbill.subscriptions().get(id).await?;
        let subscribed = seen.subscribed(asked_start);
        let timelines = Timelines::load(&self.pool, &self.currency).await?;
        let now = self.clock.now();
        let facts = Facts {
            units: timelines.made(&subscribed, None).units(),
            killbill_id: seen.subscription_id,
            billing_start: seen.billing_start_date.unwrap_or(asked_start),
            billing_end: seen.usage_end(),
            charged_through: seen.charged_through_date,
            subscribed,
        };
        Ok(subscriptions::store(&self.pool, resource_id, plan, &seen.external_key, &facts, now).await?)
    }

    /// Names on invoices come from custom fields; a rename changes them in place, without a gap.
    async fn tell_names(&self, work: &Work, subscription: &Subscription) -> Result<(), DeliveryError> {
        let names = [
            ("resource_name", &work.name),
            ("project_name", &work.project_name),
            ("service_name", &work.service_name),
        ];
        let wanted: BTreeMap<String, String> = names.map(|(field, name)| (field.to_owned(), name.clone())).into();
        if subscription.told.as_ref().is_some_and(|told| told.0 == wanted) {
            return Ok(());
        }
        // Kill Bill takes no empty value; a name that was taken away is shown as a dash.
        let shown = wanted.iter().map(|(field, name)| {
            (
                field.clone(),
                if name.is_empty() { "-".to_owned() } else { name.clone() },
            )
        });
        self.killbill
            .custom_fields()
            .set(subscription.killbill_id, &shown.collect())
            .await?;
        Ok(subscriptions::told(&self.pool, subscription.id, &wanted).await?)
    }
}

/// The resource's own start when it is known. Else a plan of usage only starts with its first month, so that hours
/// that arrive out of order are still billable; a plan with a recurring price starts with its first hour.
fn billing_start(started_at: Option<DateTime<Utc>>, wanted: &Wanted) -> DateTime<Utc> {
    match started_at {
        Some(at) => Hour::containing(at).start(),
        None if wanted.recurring => wanted.first_hour,
        None => Month::containing(wanted.first_hour).start(),
    }
}
