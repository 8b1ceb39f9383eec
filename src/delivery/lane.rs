//! A subscription's lane: at most one delivery in flight, each fixed before its first byte and settled after its answer.

use chrono::{DateTime, Utc};

use super::{Delivery, DeliveryError, Report, outcome};
use crate::db::outbox::{self, Open, Prepared, Selection, Work};
use crate::db::subscriptions::Subscription;
use crate::domain::delivery::{DeliveryState, Settlement};
use crate::domain::due::Due;
use crate::killbill;
use crate::killbill::usages::{UnitUsage, UsagePost};

/// What a lane leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    /// Hours that are due then.
    Until(DateTime<Utc>),
    /// Something is under way, was refused or has only just become free: nobody knows.
    Stuck,
}

impl Left {
    /// Of two lanes: the earlier moment, and none where one is stuck.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Stuck, _) | (_, Self::Stuck) => Self::Stuck,
            (Self::Nothing, left) | (left, Self::Nothing) => left,
            (Self::Until(one), Self::Until(other)) => Self::Until(one.min(other)),
        }
    }

    pub(super) const fn due_at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Until(at) => Some(at),
            Self::Nothing | Self::Stuck => None,
        }
    }
}

impl Delivery {
    /// Sends what is due of the subscription, delivery by delivery, until nothing is left or one does not go through.
    pub(super) async fn lane(
        &self,
        work: &Work,
        subscription: &Subscription,
        report: &mut Report,
    ) -> Result<Left, DeliveryError> {
        let subscription = &self.fresh(subscription).await?;
        let may_end = subscription.may_end_any_moment(self.longest_way(), self.clock.now());
        if may_end || !self.clear(work, subscription, report).await? {
            return Ok(Left::Stuck);
        }
        self.recover(work, subscription).await?;
        let timeline = self.timeline(work, subscription).await?;
        let due = self.due(work, &timeline).await?;
        let selection = Selection {
            due_before: due.before,
            ..self.selection(work, subscription)
        };
        let waiting = outbox::first_open_hour(&self.pool, selection).await?.is_some();
        if !waiting && !work.examine {
            return self.leave(selection, subscription, &timeline, due).await;
        }
        let subscription = self.refresh(subscription).await?;
        let timeline = self.timeline(work, &subscription).await?;
        if work.examine {
            self.lift_holds(selection, &subscription, &timeline).await?;
        }
        while let Some(prepared) = self.next(work, selection, &subscription, &timeline).await? {
            self.lanes.made(prepared.id);
            if !self.send(work, &subscription, &prepared, report).await? {
                return Ok(Left::Stuck);
            }
        }
        self.leave(selection, &subscription, &timeline, due).await
    }

    /// Deals with a delivery that an earlier pass left in the lane. False while it still occupies the lane.
    async fn clear(
        &self,
        work: &Work,
        subscription: &Subscription,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        while let Some(open) = outbox::open_of(&self.pool, subscription.id).await? {
            let moved_on = match open.state {
                DeliveryState::Prepared => self.resume(work, subscription, &open, report).await?,
                DeliveryState::Sending => {
                    // Its sender is gone, or the lease would not be ours.
                    let read_back_at = self.read_back_at(open.attempts);
                    outbox::stalled(&self.pool, open.standing(), self.clock.now(), read_back_at).await?;
                    false
                }
                DeliveryState::Unknown if open.read_back_at.is_none_or(|at| at <= self.clock.now()) => {
                    self.look_up(subscription, &open).await?
                }
                // Not yet; a person's turn; or done, and then it occupies no lane.
                DeliveryState::Unknown
                | DeliveryState::Refused
                | DeliveryState::Delivered
                | DeliveryState::Verified
                | DeliveryState::Withdrawn => false,
            };
            if !moved_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Fixed by an earlier pass, and not in Kill Bill: it goes out now, unless its hours have to wait by now.
    async fn resume(
        &self,
        work: &Work,
        subscription: &Subscription,
        open: &Open,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        let subscription = self.refresh(subscription).await?;
        if self
            .withdraw(work, self.selection(work, &subscription), &subscription, open)
            .await?
        {
            return Ok(true);
        }
        let prepared = open.prepared(&self.pool).await?;
        self.send(work, &subscription, &prepared, report).await
    }

    fn selection<'a>(&self, work: &Work, subscription: &'a Subscription) -> Selection<'a> {
        Selection {
            resource_id: work.id,
            subscription_id: subscription.id,
            plan: &subscription.plan,
            settle_after: self.settings.settle_after,
            now: self.clock.now(),
            due_before: Due::ALL.before,
            asks: self.asks,
        }
    }

    /// The subscription as it was read last, when that is not too long ago: what nothing is sent for is paused, changed and
    /// ended in Kill Bill like any other.
    async fn fresh(&self, subscription: &Subscription) -> Result<Subscription, DeliveryError> {
        if subscription.is_stale(self.clock.now()) {
            return self.refresh(subscription).await;
        }
        Ok(subscription.clone())
    }

    /// Asks Kill Bill what the subscription is like now: whether a period is open is its fact, not our clock's.
    async fn refresh(&self, subscription: &Subscription) -> Result<Subscription, DeliveryError> {
        let plan = (subscription.plan.as_str(), subscription.billing_start);
        self.read_subscription(subscription.resource_id, plan, subscription.killbill_id)
            .await
    }

    /// One POST. True when it arrived and the lane is free.
    async fn send(
        &self,
        work: &Work,
        subscription: &Subscription,
        prepared: &Prepared,
        report: &mut Report,
    ) -> Result<bool, DeliveryError> {
        self.keep_lease(work).await?;
        let sending = outbox::mark_sending(&self.pool, prepared.id, self.clock.now()).await?;
        let result = self.killbill.usages().record(&post(subscription, prepared)).await;
        let stopping = result.as_ref().err().filter(|error| stops(error)).cloned();
        if result.as_ref().is_err_and(killbill::Error::is_silence) {
            report.silent += 1;
        }
        let settlement = outcome::classify(result);
        tracing::info!(resource = %work.uuid, tracking_id = prepared.tracking_id, outcome = %settlement.state(), detail = settlement.detail(), "delivery sent");
        metrics::counter!("ncb_deliveries_total", "outcome" => settlement.state().word()).increment(1);
        let read_back_at = self.read_back_at(sending.attempts);
        outbox::settled(&self.pool, sending, &settlement, self.clock.now(), read_back_at).await?;
        if let Some(error) = stopping {
            return Err(error.into());
        }
        match settlement {
            Settlement::Delivered { .. } => {
                report.deliveries += 1;
                report.records += prepared.units.iter().map(|unit| unit.records.len() as u64).sum::<u64>();
                Ok(true)
            }
            // Not now: rest instead of knocking on.
            Settlement::NotSent { detail } => Err(DeliveryError::Blocked(detail)),
            Settlement::Refused { .. } | Settlement::Unknown { .. } => {
                report.failures += 1;
                Ok(false)
            }
        }
    }
}

/// Whether the next delivery would fare alike.
fn stops(error: &killbill::Error) -> bool {
    matches!(error, killbill::Error::Forbidden { .. }) || DeliveryError::from(error.clone()).is_outage()
}

fn post(subscription: &Subscription, prepared: &Prepared) -> UsagePost {
    let units = prepared.units.iter().map(|unit| UnitUsage {
        unit: unit.unit.clone(),
        records: unit.records.clone(),
    });
    UsagePost {
        subscription: subscription.killbill_id,
        tracking_id: prepared.tracking_id.clone(),
        units: units.collect(),
    }
}
