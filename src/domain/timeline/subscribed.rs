//! What is known of a subscription and its account: Kill Bill's own words where it has the subscription, what it will say
//! where it has not yet. The timeline is made from these, the catalog, and nothing else.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// A subscription, as far as its billing depends on it. Kept as JSON with the subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    pub plan: String,
    /// In the order of their instants.
    pub events: Vec<Event>,
    /// The day of the month on which it is billed, where Kill Bill told one.
    pub bill_cycle_day: Option<u32>,
}

/// Something that changed what a subscription costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub what: What,
}

/// What happened then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum What {
    /// Billing begins.
    Start { plan: String, phase: Option<String> },
    /// The plan goes on to its next phase.
    Phase { phase: String },
    /// Another plan.
    Change { plan: String, phase: Option<String> },
    /// Cancelled, or a fixed term ran out.
    Stop,
    /// A service (overdue, a person) began to block the billing, or ceased to.
    Block { service: String, blocked: bool },
}

impl Subscribed {
    /// One that begins at `start` and of which nothing else is told.
    #[must_use]
    pub fn new(plan: &str, start: DateTime<Utc>) -> Self {
        Self {
            plan: plan.to_owned(),
            events: vec![Event {
                at: start,
                what: What::Start {
                    plan: plan.to_owned(),
                    phase: None,
                },
            }],
            bill_cycle_day: None,
        }
    }

    /// The same with an end.
    #[must_use]
    pub fn until(mut self, end: Option<DateTime<Utc>>) -> Self {
        self.events.extend(end.map(|at| Event { at, what: What::Stop }));
        self
    }

    /// When its billing begins.
    #[must_use]
    pub fn start(&self) -> Option<DateTime<Utc>> {
        let starts = |event: &&Event| matches!(event.what, What::Start { .. });
        self.events.iter().find(starts).map(|event| event.at)
    }
}

/// What an account says about when its subscriptions are billed. Kept as JSON with the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTerms {
    /// ISO 4217.
    pub currency: String,
    /// None while Kill Bill has not fixed one.
    pub bill_cycle_day: Option<u32>,
    /// Seconds east of UTC: the offset of the account's zone at its reference time, which Kill Bill keeps all year.
    pub utc_offset: i32,
    /// When, by the account's time of day, Kill Bill makes its invoices.
    pub reference_time: NaiveTime,
}

impl AccountTerms {
    /// An account as this service makes them: UTC, the first of the month, at 03:00.
    #[must_use]
    pub fn ours(currency: &str) -> Self {
        Self {
            currency: currency.to_owned(),
            bill_cycle_day: Some(1),
            utc_offset: 0,
            reference_time: NaiveTime::from_hms_opt(3, 0, 0).unwrap_or_default(),
        }
    }

    /// In what it is billed otherwise than `ours`, in words.
    #[must_use]
    pub fn differences(&self, ours: &Self) -> Vec<String> {
        let day = || match self.bill_cycle_day {
            Some(day) => format!("billed on day {day}"),
            None => "no billing day yet; it gets the first of the month when it is first used".to_owned(),
        };
        let offset = || format!("its days begin by {}, not by UTC", self.offset());
        let time = || {
            format!(
                "invoiced at {} by its clock, not at {}",
                self.reference_time, ours.reference_time
            )
        };
        let currency = || format!("bills in {}, not in {}", self.currency, ours.currency);
        let all = [
            (self.currency != ours.currency).then(currency),
            (self.bill_cycle_day != ours.bill_cycle_day).then(day),
            (self.utc_offset != ours.utc_offset).then(offset),
            (self.reference_time != ours.reference_time).then(time),
        ];
        all.into_iter().flatten().collect()
    }

    /// The account's day that contains `instant`.
    #[must_use]
    pub fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.offset()).date_naive()
    }

    /// The first instant of the account's `day`.
    #[must_use]
    pub fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        let there = self.offset().from_local_datetime(&midnight).single();
        there.map_or_else(|| midnight.and_utc(), |instant| instant.to_utc())
    }

    /// The instant that Kill Bill takes for the account's `day`: at its reference time.
    #[must_use]
    pub fn instant_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let there = self
            .offset()
            .from_local_datetime(&day.and_time(self.reference_time))
            .single();
        there.map_or_else(|| self.start_of(day), |instant| instant.to_utc())
    }

    /// What the account's clock shows.
    #[must_use]
    pub fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.offset()).naive_local()
    }

    /// Of its zone, all year.
    #[must_use]
    pub fn offset(&self) -> FixedOffset {
        FixedOffset::east_opt(self.utc_offset).unwrap_or_else(|| Utc.fix())
    }
}

/// What a tenant sets for all of its subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantTerms {
    /// A new catalog version takes existing subscriptions at their next billing day, not at the version's own instant
    /// (`org.killbill.subscription.align.effectiveDateForExistingSubscriptions`).
    pub changes_wait_for_billing_day: bool,
    /// Billing periods that Kill Bill looks back for late usage (`org.killbill.invoice.readMaxRawUsagePreviousPeriod`); none =
    /// without an end.
    pub look_back: Option<u32>,
    /// Each unit and tier has an item of its own, rounded by itself (`org.killbill.invoice.item.result.behavior.mode` = `DETAIL`).
    #[serde(default)]
    pub itemizes_tiers: bool,
}

impl Default for TenantTerms {
    fn default() -> Self {
        Self {
            changes_wait_for_billing_day: false,
            look_back: Some(2),
            itemizes_tiers: false,
        }
    }
}
