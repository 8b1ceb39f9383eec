//! The end of a resource: everything is delivered first, then its subscriptions end with its last hour, in the form
//! of cancelling that loses nothing (killbill.md 13.3).

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::{Delivery, DeliveryError, Report};
use crate::db::outbox::Work;
use crate::db::subscriptions::{self, Subscription};
use crate::domain::hour::Hour;
use crate::domain::preflight;

impl Delivery {
    pub(super) async fn terminate(&self, work: &Work, report: &mut Report) -> Result<(), DeliveryError> {
        let Some(terminated_at) = work.terminated_at else {
            return Ok(());
        };
        // By the clocks of now: an hour that they do not allow yet ends nothing.
        let reach = self.limits.around(self.clock.now(), self.killbill_ahead().await?);
        let ending = subscriptions::ending(&self.pool, work.id, reach).await?;
        let end = end(terminated_at, ending.last_hour);
        if ending.waiting > 0 || ending.under_way > 0 || !self.has_settled(work, end) {
            return Ok(());
        }
        for subscription in subscriptions::of_resource(&self.pool, work.id)
            .await?
            .iter()
            .filter(|one| one.ended_at.is_none())
        {
            self.keep_lease(work).await?;
            let Some(at) = self.end_of(work, subscription, end).await? else {
                return Ok(());
            };
            if !subscriptions::begin_end(&self.pool, subscription.id, &self.currency, at, self.clock.now()).await? {
                return Ok(());
            }
            self.killbill
                .subscriptions()
                .cancel(subscription.killbill_id, at)
                .await?;
            subscriptions::ended(&self.pool, subscription.id, at, self.clock.now()).await?;
            tracing::info!(resource = %work.uuid, plan = subscription.plan, end = %at, "subscription ended");
        }
        report.ended += 1;
        Ok(subscriptions::resource_ended(&self.pool, work.id, self.clock.now()).await?)
    }

    /// Not before what is invoiced: after such an end Kill Bill never bills what came in since the invoice, or comes in
    /// late (tried on the wire); None while such an invoice may be made any moment. A plan with a price of its own is invoiced
    /// ahead, and that is given back from its end on.
    async fn end_of(
        &self,
        work: &Work,
        subscription: &Subscription,
        end: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, DeliveryError> {
        let end = end.max(subscription.billing_start + TimeDelta::hours(1));
        if subscriptions::has_base_fee(&self.pool, subscription).await? {
            return Ok(Some(end));
        }
        let seen = self.killbill.subscriptions().get(subscription.killbill_id).await?;
        let invoiced = seen
            .charged_through_date
            .map(|day| day.and_time(NaiveTime::MIN).and_utc());
        let timeline = self.timeline(work, subscription).await?;
        let arrives_by = self.arrives_by().await?;
        let reach = timeline.reach_of_run(arrives_by);
        let told = subscriptions::awaiting_run(&self.pool, subscription.id, reach).await?;
        // What a trial gives away is in no invoice.
        let run_is_late = told
            .iter()
            .any(|(unit, hour)| timeline.window(unit, Hour::containing(*hour)).is_some());
        let waits = preflight::an_end_may_come_late(&timeline, end, invoiced, arrives_by, run_is_late);
        Ok((!waits).then(|| end.max(invoiced.unwrap_or(end))))
    }

    /// The last hour may still come in or change: it settles like any other. An end ahead of the moment it was told
    /// us was told by another clock, and counts from then.
    fn has_settled(&self, work: &Work, end: DateTime<Utc>) -> bool {
        let from = if end <= work.updated_at + TimeDelta::hours(1) {
            end
        } else {
            work.updated_at
        };
        from + self.settings.settle_after <= self.clock.now()
    }
}

/// The end of the last hour: the one in which the resource was terminated, or the last one that consumed.
fn end(terminated_at: DateTime<Utc>, last_hour: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let hour = Hour::containing(terminated_at);
    let end = if hour.start() == terminated_at {
        terminated_at
    } else {
        hour.end()
    };
    last_hour.map_or(end, |last| end.max(last + TimeDelta::hours(1)))
}
