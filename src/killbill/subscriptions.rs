//! Subscriptions: one resource on one plan. Created before its first usage is sent, cancelled at the end of its last consumed hour.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clock::instant;
use super::error::absent_is_none;
use super::{Error, KillBill};
use crate::domain::timeline::{Event, Subscribed, What};

/// Calls about subscriptions.
#[derive(Debug, Clone, Copy)]
pub struct Subscriptions<'a>(pub(super) &'a KillBill);

/// What a subscription is made of.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    pub account: Uuid,
    /// Unique in the tenant, at most 255 characters.
    pub external_key: String,
    /// Groups the subscriptions of one resource.
    pub bundle_external_key: String,
    pub plan: String,
    /// The instant from which usage is billed; Kill Bill drops earlier usage without a word.
    pub billing_start: DateTime<Utc>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    account_id: Uuid,
    external_key: &'a str,
    bundle_external_key: &'a str,
    plan_name: &'a str,
}

/// A subscription as Kill Bill has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    pub subscription_id: Uuid,
    pub account_id: Uuid,
    pub bundle_id: Uuid,
    pub external_key: String,
    pub bundle_external_key: Option<String>,
    pub plan_name: String,
    pub product_name: String,
    pub state: State,
    pub billing_start_date: Option<DateTime<Utc>>,
    pub billing_end_date: Option<DateTime<Utc>>,
    /// The entitlement's end: usage dated later is refused. May lie in the future.
    pub cancelled_date: Option<DateTime<Utc>>,
    /// The latest end of what committed invoices have charged; `None` before the first invoice.
    pub charged_through_date: Option<NaiveDate>,
    /// The day of the month on which it is billed; none while Kill Bill has not fixed one.
    #[serde(default)]
    pub bill_cycle_day_local: Option<u32>,
    /// All that changed, or is going to change, what it costs.
    #[serde(default)]
    pub events: Vec<SubscriptionEvent>,
}

/// An event of a subscription, past or to come, as Kill Bill lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionEvent {
    pub event_type: EventType,
    pub effective_date: DateTime<Utc>,
    pub plan: Option<String>,
    pub phase: Option<String>,
    pub service_name: Option<String>,
    #[serde(default)]
    pub is_blocked_billing: bool,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventType {
    StartEntitlement,
    StartBilling,
    Phase,
    Change,
    StopEntitlement,
    StopBilling,
    PauseEntitlement,
    PauseBilling,
    ResumeEntitlement,
    ResumeBilling,
    ServiceStateChange,
    /// A word of a later Kill Bill.
    #[serde(untagged)]
    Other(String),
}

/// The subscriptions of one resource, as far as they are read here.
#[derive(Deserialize)]
struct Bundle {
    subscriptions: Vec<Charged>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Charged {
    charged_through_date: Option<NaiveDate>,
}

impl Subscription {
    /// What its timeline is made of, in the rules' words, with who blocked it ([`super::blocking::Blocking::of`]). Where Kill Bill
    /// tells no start, it is the one that was asked for.
    #[must_use]
    pub fn subscribed(&self, asked_start: DateTime<Utc>, blocks: Vec<Event>) -> Subscribed {
        let start = self.billing_start_date.unwrap_or(asked_start);
        let stops = self
            .events
            .iter()
            .filter(|event| event.event_type == EventType::StopBilling);
        let end = stops.map(|event| event.effective_date).chain(self.usage_end()).min();
        let told = Subscribed::new(&self.plan_name, start);
        let starts = self
            .events
            .iter()
            .any(|event| event.event_type == EventType::StartBilling);
        let mut events: Vec<Event> = if starts { Vec::new() } else { told.events };
        events.extend(self.events.iter().filter_map(SubscriptionEvent::told));
        events.extend(blocks);
        events.extend(end.map(|at| Event { at, what: What::Stop }));
        events.sort_by_key(|event| event.at);
        Subscribed {
            plan: self.plan_name.clone(),
            events,
            bill_cycle_day: self.bill_cycle_day_local.filter(|day| *day > 0),
        }
    }

    /// Up to when usage is taken and billed: later usage is refused after the entitlement's end, and never billed after
    /// the billing's, and depending on how it was cancelled either may come first. `None` = no end in sight.
    #[must_use]
    pub fn usage_end(&self) -> Option<DateTime<Utc>> {
        [self.billing_end_date, self.cancelled_date].into_iter().flatten().min()
    }
}

impl SubscriptionEvent {
    /// What it changes; none for what concerns entitlement alone, for blocks, and for ends, which are told by their dates.
    fn told(&self) -> Option<Event> {
        let what = match self.event_type {
            EventType::StartBilling => What::Start {
                plan: self.plan.clone()?,
                phase: self.phase.clone(),
            },
            EventType::Change => What::Change {
                plan: self.plan.clone()?,
                phase: self.phase.clone(),
            },
            EventType::Phase => What::Phase {
                phase: self.phase.clone()?,
            },
            _ => return None,
        };
        Some(Event {
            at: self.effective_date,
            what,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    Pending,
    Active,
    Blocked,
    Cancelled,
    Expired,
    /// A state of a later Kill Bill.
    #[serde(untagged)]
    Other(String),
}

impl Subscription {
    /// Whether it was ended where it began: it never was there.
    #[must_use]
    pub fn is_undone(&self) -> bool {
        self.usage_end()
            .zip(self.billing_start_date)
            .is_some_and(|(end, start)| end <= start)
    }
}

impl Subscriptions<'_> {
    /// Creates the subscription, or finds the one that has its external key already, provided it is the same order.
    /// Look up first and create for one resource at a time all the same: Kill Bill answers a duplicate key with a bare 500.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(&self, new: &NewSubscription) -> Result<Uuid, Error> {
        let failed = match self.order(new).await {
            Ok(id) => return Ok(id),
            Err(failed) => failed,
        };
        if !failed.outcome_unknown() {
            return Err(failed);
        }
        match self.by_external_key(&new.external_key).await {
            Ok(Some(existing)) if existing.is_for(new) => Ok(existing.subscription_id),
            _ => Err(failed),
        }
    }

    async fn order(&self, new: &NewSubscription) -> Result<Uuid, Error> {
        let start = instant(new.billing_start);
        let order = Order {
            account_id: new.account,
            external_key: &new.external_key,
            bundle_external_key: &new.bundle_external_key,
            plan_name: &new.plan,
        };
        let call = self
            .0
            .post(&["subscriptions"])
            .query("entitlementDate", &start)
            .query("billingDate", &start);
        call.json(&order).send().await?.created()
    }

    /// # Errors
    /// See [`Error`]; an unknown key is no error.
    pub async fn by_external_key(&self, key: &str) -> Result<Option<Subscription>, Error> {
        let answer = self.0.get(&["subscriptions"]).query("externalKey", key).send().await;
        absent_is_none(answer)?.map(|answer| answer.json()).transpose()
    }

    /// # Errors
    /// See [`Error`]; an unknown id is `NotFound`.
    pub async fn get(&self, id: Uuid) -> Result<Subscription, Error> {
        self.0.get(&["subscriptions", &id.to_string()]).send().await?.json()
    }

    /// The latest end of what committed invoices have charged on any subscription of the account; `None` before the first.
    ///
    /// # Errors
    /// See [`Error`]; an unknown account is `NotFound`.
    pub async fn account_charged_through(&self, account: Uuid) -> Result<Option<NaiveDate>, Error> {
        let answer = self
            .0
            .get(&["accounts", &account.to_string(), "bundles"])
            .send()
            .await?;
        let bundles: Vec<Bundle> = answer.json()?;
        let all = bundles.iter().flat_map(|bundle| &bundle.subscriptions);
        Ok(all.filter_map(|one| one.charged_through_date).max())
    }

    /// Ends entitlement and billing at the instant: the one form of cancelling that loses no usage before it. Usage dated later is refused
    /// from now on, and what was delivered for later is never billed, so every delivery must be settled first.
    /// Cancelling again is no error (Kill Bill's own answer to that is a 500).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn cancel(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), Error> {
        let call = self
            .0
            .delete(&["subscriptions", &id.to_string()])
            .query("requestedDate", &instant(at));
        let failed = match call.query("useRequestedDateForBilling", "true").patient().send().await {
            Ok(_) => return Ok(()),
            // Kill Bill does not say which.
            Err(Error::Forbidden { message }) => Error::Forbidden {
                message: format!("{message} [entitlement:cancel]"),
            },
            Err(failed) => failed,
        };
        if !matches!(
            failed,
            Error::Busy { .. } | Error::Refused { .. } | Error::Stranger { .. }
        ) {
            return Err(failed);
        }
        match self.get(id).await {
            Ok(subscription) if subscription.cancelled_date.is_some() => Ok(()),
            _ => Err(failed),
        }
    }
}

impl Subscription {
    fn is_for(&self, new: &NewSubscription) -> bool {
        self.account_id == new.account && self.plan_name == new.plan
    }
}
