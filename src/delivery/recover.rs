//! Before a lane sends for the first time in a process's life, and whenever its sums were seen to differ: does the ledger
//! know all that Kill Bill holds? After an older backup was restored it does not. What Kill Bill has already is adopted
//! instead of sent; what nothing explains waits and is named.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Delivery, DeliveryError};
use crate::db::discrepancies;
use crate::db::outbox::{self, Work};
use crate::db::recover::{self, Difference, Waiting};
use crate::db::subscriptions::Subscription;
use crate::domain::month::Month;
use crate::domain::price::Tariff;
use crate::domain::rating::rate;
use crate::domain::recover::{Doubtful, Hourly, Ruling, Spot, beyond, rule};

impl Delivery {
    /// Once in a process's life, and again when the ledger has gone back in time: every subscription is to be looked at.
    pub(super) async fn doubt_everything_once(&self) -> Result<(), DeliveryError> {
        if self.lanes.is_new(recover::newest_delivery(&self.pool).await?) {
            recover::doubt_all(&self.pool, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Compares the months in which something waits, and those in doubt. Nothing of the lane may be under way.
    pub(super) async fn recover(&self, work: &Work, subscription: &Subscription) -> Result<(), DeliveryError> {
        let waiting = recover::waiting_months(&self.pool, subscription).await?;
        let mut months: BTreeSet<Month> = waiting.into_iter().map(Month::of).collect();
        months.retain(|month| !self.lanes.agree(subscription.id, *month));
        let due = recover::due(&self.pool, subscription.id, self.clock.now()).await?;
        if let Some(doubt) = due {
            months.extend(doubt.first_month.map(Month::of));
            months.extend(self.months_that_differ(subscription).await?);
        }
        let mut differing = None;
        for month in months {
            if self.agrees(work, subscription, month).await? {
                self.lanes.agreed(subscription.id, month);
            } else {
                differing.get_or_insert(month);
            }
        }
        match differing {
            Some(first) => recover::rest(&self.pool, subscription.id, first, self.clock.now()).await?,
            None if due.is_some() => recover::believe(&self.pool, subscription.id).await?,
            None => (),
        }
        Ok(())
    }

    /// The month before the subscription's last one, that one and the next: one call when all three agree.
    async fn months_that_differ(&self, subscription: &Subscription) -> Result<Vec<Month>, DeliveryError> {
        let last = outbox::last_month(&self.pool, subscription.id).await?;
        let last = last.map_or_else(|| Month::containing(subscription.billing_start), Month::of);
        let (first, next) = (last.before(), last.next());
        let (usages, id) = (self.killbill.usages(), subscription.killbill_id);
        let seen = usages.sums(id, first.start(), next.end()).await?;
        let booked = recover::booked_between(&self.pool, subscription.id, (first, next)).await?;
        let agree = beyond(&seen, &booked).is_empty();
        Ok(if agree { Vec::new() } else { vec![first, last, next] })
    }

    /// Compares one month. True when the ledger now knows all that Kill Bill holds of it.
    async fn agrees(&self, work: &Work, subscription: &Subscription, month: Month) -> Result<bool, DeliveryError> {
        let (id, first_day) = (subscription.killbill_id, month.first_day());
        let booked = outbox::booked(&self.pool, subscription.id, first_day).await?;
        let seen = self.killbill.usages().sums(id, month.start(), month.end()).await?;
        let mut found = Vec::new();
        // Corrections up and down that wait: they may be there without a trace in the month's sums.
        let moving = recover::cancelling_in(&self.pool, subscription, month).await?;
        if !beyond(&seen, &booked).is_empty() || !moving.is_empty() {
            let booked = recover::booked_by_hour(&self.pool, subscription.id, first_day).await?;
            let beyond = self
                .differing(id, (month.start(), month.end()), &booked, &moving)
                .await?;
            let hours: Vec<DateTime<Utc>> = beyond.keys().map(|spot| spot.hour.start()).collect();
            let waiting = recover::waiting_in(&self.pool, subscription, &hours).await?;
            let (known, unexplained) = sort_out(&beyond, &waiting);
            self.adopt(work, subscription, known).await?;
            found = self
                .differences(work, subscription, &unexplained, &booked, &waiting)
                .await?;
        }
        let now = self.clock.now();
        recover::settle(&self.pool, subscription, month, &found, &self.currency, now).await?;
        Ok(found.is_empty())
    }

    async fn adopt(&self, work: &Work, subscription: &Subscription, known: Vec<Waiting>) -> Result<(), DeliveryError> {
        if !known.is_empty() {
            let records = known.len();
            tracing::warn!(resource = %work.uuid, plan = subscription.plan, records, "Kill Bill has records that this ledger never sent: adopted");
            recover::adopt(&self.pool, subscription, &known, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Names what nothing explains, with both figures and its worth.
    async fn differences(
        &self,
        work: &Work,
        subscription: &Subscription,
        unexplained: &Hourly,
        booked: &Hourly,
        waiting: &[Waiting],
    ) -> Result<Vec<Difference>, DeliveryError> {
        let plan = std::slice::from_ref(&subscription.plan);
        let tariffs = discrepancies::tariffs(&self.pool, plan, &self.currency).await?;
        let name = |(spot, surplus): (&Spot, &Decimal)| {
            let known = booked.get(spot).copied().unwrap_or_default();
            let waits = waiting.iter().filter(|row| !row.superseded && row.spot() == *spot);
            let waits: Vec<Decimal> = waits.map(|row| row.candidate().amount).collect();
            let nothing_known = !booked.contains_key(spot) && waits.is_empty();
            Difference {
                spot: spot.clone(),
                kind: if nothing_known {
                    Doubtful::OnlyInKillBill
                } else {
                    Doubtful::Differs
                },
                money: worth(&tariffs, &spot.unit, *surplus),
                detail: told(&work.name, spot, known + surplus, known, &waits),
            }
        };
        let found: Vec<Difference> = unexplained.iter().map(name).collect();
        for one in &found {
            tracing::warn!(resource = %work.uuid, detail = one.detail, "Kill Bill's books differ from the ledger's");
        }
        Ok(found)
    }
}

/// What Kill Bill was found to have, and where nothing explains it.
fn sort_out(beyond: &Hourly, waiting: &[Waiting]) -> (Vec<Waiting>, Hourly) {
    let (mut known, mut unexplained) = (Vec::new(), Hourly::new());
    for (spot, surplus) in beyond {
        let here: Vec<&Waiting> = waiting.iter().filter(|row| row.spot() == *spot).collect();
        let candidates: Vec<_> = here.iter().map(|row| row.candidate()).collect();
        match rule(*surplus, &candidates) {
            Ruling::Adopt(found) => {
                let adopted = found.into_iter().filter_map(|index| here.get(index).copied());
                known.extend(adopted.cloned());
            }
            Ruling::Send => (),
            Ruling::Differs => drop(unexplained.insert(spot.clone(), *surplus)),
        }
    }
    known.sort_by_key(|row| (row.hour, row.meter_id, row.revision));
    (known, unexplained)
}

/// At the price in force, by itself: where the hour falls in the month's tiers and blocks nobody can say.
pub(super) fn worth(tariffs: &[Tariff], unit: &str, amount: Decimal) -> Decimal {
    let tariff = tariffs.iter().find(|tariff| tariff.unit == unit);
    let money = tariff.map_or(Decimal::ZERO, |tariff| {
        rate(tariff.policy, &tariff.tiers, amount.abs()).amount()
    });
    if amount.is_sign_negative() { -money } else { money }
}

fn told(resource: &str, spot: &Spot, held: Decimal, booked: Decimal, waits: &[Decimal]) -> String {
    let (held, booked) = (held.normalize(), booked.normalize());
    let waits: Vec<String> = waits.iter().map(|amount| amount.normalize().to_string()).collect();
    let waits = if waits.is_empty() {
        "nothing".to_owned()
    } else {
        waits.join(" and ")
    };
    format!("{spot} of {resource}: Kill Bill holds {held}, the ledger delivered {booked} and {waits} waits")
}
