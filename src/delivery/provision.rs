//! What must be there before usage can be sent: the customer's account, and a subscription for each plan that the
//! resource's meters need.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::account::{self, Payer};
use super::obstacles::Obstacles;
use super::{Delivery, DeliveryError, Report};
use crate::db::obstacles::Scope;
use crate::db::outbox::Work;
use crate::db::subscriptions::{self, Facts, Subscription, Wanted};
use crate::db::timelines::Timelines;
use crate::domain::hold::HoldCode;
use crate::domain::start::Beginning;
use crate::domain::timeline::Subscribed;
use crate::domain::uuid_hex::hex;
use crate::killbill;
use crate::killbill::subscriptions::NewSubscription;

impl Delivery {
    /// Makes what is missing. What cannot be made is written down as an obstacle, and stops nothing else.
    pub(super) async fn provision(
        &self,
        work: &Work,
        obstacles: &Obstacles,
        report: &mut Report,
    ) -> Result<(), DeliveryError> {
        let wanted = subscriptions::wanted(&self.pool, work.id).await?;
        self.forget_moot(work, obstacles, &wanted).await?;
        let before = obstacles.of(None);
        let is_idle = wanted.is_empty() && before.is_none() && !is_unread(work);
        if is_idle || self.waits(before) {
            return Ok(());
        }
        let customer = Scope::Customer(work.customer_id);
        let account = match self.account(work).await {
            Ok(account) => account,
            Err(error) => return self.met(customer, before, error, report).await,
        };
        self.passed(customer, before).await?;
        for plan in &wanted {
            self.provision_plan(work, account, plan, obstacles, report).await?;
        }
        Ok(())
    }

    async fn provision_plan(
        &self,
        work: &Work,
        account: Uuid,
        wanted: &Wanted,
        obstacles: &Obstacles,
        report: &mut Report,
    ) -> Result<(), DeliveryError> {
        let (before, scope) = (obstacles.of(Some(&wanted.plan)), scope(work, &wanted.plan));
        if self.waits(before) {
            return Ok(());
        }
        match self.subscribe(work, account, wanted).await {
            Ok(()) => self.passed(scope, before).await,
            Err(error) => self.met(scope, before, error, report).await,
        }
    }

    /// What stood in the way of plans that nothing goes to any more: a correction to nothing, another plan in the catalog.
    async fn forget_moot(&self, work: &Work, obstacles: &Obstacles, wanted: &[Wanted]) -> Result<(), DeliveryError> {
        for standing in obstacles.of_plans().filter(|standing| !self.waits(Some(standing))) {
            let plan = standing.plan.as_deref().unwrap_or_default();
            let is_wanted = wanted.iter().any(|one| one.plan == plan);
            if !is_wanted && !subscriptions::is_there(&self.pool, work.id, plan).await? {
                self.passed(scope(work, plan), Some(standing)).await?;
            }
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
        let now = self.clock.now();
        let account = account::ensure(&self.pool, &self.killbill, &self.currency, payer, now).await?;
        if is_unread(work) {
            let seen = self.killbill.accounts().get(account).await?;
            account::examine(&self.pool, &self.killbill, work.customer_id, &seen, now).await?;
        }
        Ok(account)
    }

    /// Looks the subscription up first: Kill Bill answers a second one under the same key with a bare 500.
    async fn subscribe(&self, work: &Work, account: Uuid, wanted: &Wanted) -> Result<(), DeliveryError> {
        self.keep_lease(work).await?;
        let billing_start = self.billing_start(work, wanted).await?;
        let (external_key, found) = self.latest_of(work, wanted).await?;
        let id = match found {
            Some(found) if found.account_id != account || found.plan_name != wanted.plan => {
                let detail = format!(
                    "Subscription {external_key} is on plan {} of account {}, not on {} of {account}.",
                    found.plan_name, found.account_id, wanted.plan
                );
                return Err(DeliveryError::Obstructed {
                    code: HoldCode::KeyTaken,
                    detail,
                });
            }
            Some(found) => found.subscription_id,
            None => {
                self.refuse_unpriced(work, &wanted.plan, billing_start).await?;
                let new = NewSubscription {
                    account,
                    external_key: external_key.clone(),
                    bundle_external_key: hex(work.uuid),
                    plan: wanted.plan.clone(),
                    billing_start,
                };
                self.killbill.subscriptions().create(&new).await?
            }
        };
        let plan = (wanted.plan.as_str(), billing_start);
        let stored = self.read_subscription(work.id, plan, id).await?;
        tracing::info!(resource = %work.uuid, plan = wanted.plan, subscription = %id, start = %stored.billing_start, "subscription ready");
        Ok(())
    }

    /// Kill Bill would take the subscription, and park the account when it makes the first invoice.
    async fn refuse_unpriced(&self, work: &Work, plan: &str, start: DateTime<Utc>) -> Result<(), DeliveryError> {
        let timelines = Timelines::load(&self.pool, &self.currency).await?;
        let account = work.account_terms.as_deref();
        let timeline = timelines.made(&Subscribed::new(plan, start), account);
        timeline.failing().map_or(Ok(()), |(_, why)| {
            Err(DeliveryError::Obstructed {
                code: HoldCode::PlanRefused,
                detail: format!("Plan `{plan}` is not subscribed: {why}."),
            })
        })
    }

    async fn billing_start(&self, work: &Work, wanted: &Wanted) -> Result<DateTime<Utc>, DeliveryError> {
        let beginning = Beginning {
            started_at: work.started_at,
            first_hour: Some(wanted.first_hour),
            recurring: wanted.recurring,
        };
        let start = beginning.billing_start(self.reach().await?);
        Ok(start.unwrap_or(wanted.first_hour))
    }

    /// The external key of the plan's subscription, and the one that has it already. One that was undone keeps its key for
    /// ever, also where the ledger does not know that any more.
    async fn latest_of(
        &self,
        work: &Work,
        wanted: &Wanted,
    ) -> Result<(String, Option<killbill::subscriptions::Subscription>), DeliveryError> {
        let mut number = wanted.replaced + 1;
        loop {
            let key = external_key(work.uuid, &wanted.plan, number);
            let found = self.killbill.subscriptions().by_external_key(&key).await?;
            if !found
                .as_ref()
                .is_some_and(killbill::subscriptions::Subscription::is_undone)
            {
                return Ok((key, found));
            }
            number += 1;
        }
    }

    /// Writes down what Kill Bill says of a subscription. With the plan comes the start that was asked for, should Kill Bill not tell one.
    pub(super) async fn read_subscription(
        &self,
        resource_id: i64,
        (plan, asked_start): (&str, DateTime<Utc>),
        id: Uuid,
    ) -> Result<Subscription, DeliveryError> {
        let seen = self.killbill.subscriptions().get(id).await?;
        let blocks = self.killbill.blocking().of(&seen).await?;
        let subscribed = seen.subscribed(asked_start, blocks);
        let timelines = Timelines::load(&self.pool, &self.currency).await?;
        let now = self.clock.now();
        let facts = Facts {
            units: timelines.made(&subscribed, None).units(),
            killbill_id: seen.subscription_id,
            bundle_id: seen.bundle_id,
            billing_start: seen.billing_start_date.unwrap_or(asked_start),
            billing_end: seen.usage_end(),
            charged_through: seen.charged_through_date,
            subscribed,
        };
        Ok(subscriptions::store(&self.pool, resource_id, plan, &seen.external_key, &facts, now).await?)
    }
}

/// The account was there before, and nobody has read yet when it is billed.
const fn is_unread(work: &Work) -> bool {
    work.account_id.is_some() && work.account_terms.is_none()
}

/// One plan of the resource.
pub(super) const fn scope<'a>(work: &Work, plan: &'a str) -> Scope<'a> {
    Scope::Plan {
        customer_id: work.customer_id,
        resource_id: work.id,
        plan,
    }
}

/// The first subscription of a plan has the plain key; those that take its place are counted.
fn external_key(resource: Uuid, plan: &str, number: i64) -> String {
    let key = format!("{}:{plan}", hex(resource));
    if number > 1 { format!("{key}:{number}") } else { key }
}
