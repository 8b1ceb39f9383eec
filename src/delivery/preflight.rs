//! What is checked before something leaves: what Kill Bill says of the subscription, put before the rules of
//! `domain::preflight`. A record that must wait is marked with its reason and stays.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::lane::Left;
use super::{Delivery, DeliveryError};
use crate::db::accounts;
use crate::db::outbox::{self, Next, Open, Prepared, Selection, Work};
use crate::db::subscriptions::{self, Subscription};
use crate::db::timelines::Timelines;
use crate::domain::due::{Due, Rhythm};
use crate::domain::month::Month;
use crate::domain::preflight::Lane;
use crate::domain::timeline::Timeline;

impl Delivery {
    /// The lane's next delivery, fixed and free of anything that must wait; none when nothing is left.
    pub(super) async fn next(
        &self,
        work: &Work,
        selection: Selection<'_>,
        subscription: &Subscription,
        timeline: &Timeline,
    ) -> Result<Option<Prepared>, DeliveryError> {
        while let Some(first) = outbox::first_open_hour(&self.pool, selection).await? {
            let month = Month::containing(first);
            let lane = self.rules_of_month(work, subscription, month, None, timeline).await?;
            match outbox::prepare(&self.pool, selection, first, lane).await? {
                Next::Ready(prepared) => return Ok(Some(prepared)),
                Next::Held => {}
                Next::Idle => break,
            }
        }
        Ok(None)
    }

    /// What of the subscription's hours may go now.
    pub(super) async fn due(&self, work: &Work, timeline: &Timeline) -> Result<Due, DeliveryError> {
        if self.settings.window == Rhythm::Hourly || work.terminated_at.is_some() {
            return Ok(Due::ALL);
        }
        let span = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        let way = span(self.longest_way() + self.settings.every);
        Ok(Due::at(
            self.later_clock().await?,
            timeline,
            span(self.settings.settle_after),
            way,
        ))
    }

    /// What is not due yet stays; what is wrong with it is told at once.
    pub(super) async fn leave(
        &self,
        selection: Selection<'_>,
        subscription: &Subscription,
        timeline: &Timeline,
        due: Due,
    ) -> Result<Left, DeliveryError> {
        let all = Selection {
            due_before: Due::ALL.before,
            ..selection
        };
        let Some(next) = due.next else { return Ok(Left::Nothing) };
        let Some(first) = outbox::first_open_hour(&self.pool, all).await? else {
            return Ok(Left::Nothing);
        };
        let month = Month::containing(first);
        let lane = self
            .rules(subscription, None, timeline, (month.start(), month.end()))
            .await?;
        outbox::look(&self.pool, all, month, &lane).await?;
        Ok(Left::Until(next))
    }

    /// Takes a delivery back that is not in Kill Bill when something of it must wait by now. True when it did.
    pub(super) async fn withdraw(
        &self,
        work: &Work,
        selection: Selection<'_>,
        subscription: &Subscription,
        open: &Open,
    ) -> Result<bool, DeliveryError> {
        let through = self.account_through(subscription).await?;
        let timeline = self.timeline(work, subscription).await?;
        let month = Month::of(open.month);
        let lane = self
            .rules_of_month(work, subscription, month, through, &timeline)
            .await?;
        let reason = outbox::withdraw(&self.pool, selection, open, &lane).await?;
        if let Some(reason) = reason {
            tracing::info!(
                tracking_id = open.tracking_id,
                reason = reason.word(),
                "delivery withdrawn before it was sent again"
            );
        }
        Ok(reason.is_some())
    }

    /// Frees the lane's held hours whose reason is gone.
    pub(super) async fn lift_holds(
        &self,
        selection: Selection<'_>,
        subscription: &Subscription,
        timeline: &Timeline,
    ) -> Result<(), DeliveryError> {
        let Some(held) = outbox::held_between(&self.pool, selection).await? else {
            return Ok(());
        };
        let through = self.account_through(subscription).await?;
        let lane = self.rules(subscription, through, timeline, held).await?;
        let lifted = outbox::lift(&self.pool, selection, &lane).await?;
        if lifted > 0 {
            tracing::info!(subscription = %subscription.killbill_id, lifted, "held hours may go now");
        }
        Ok(())
    }

    /// What holds for the subscription, when.
    pub(super) async fn timeline(&self, work: &Work, subscription: &Subscription) -> Result<Timeline, DeliveryError> {
        let timelines = Timelines::load(&self.pool, &self.currency).await?;
        let terms = accounts::terms(&self.pool, work.customer_id).await?;
        Ok(timelines.of(&subscription.kept(terms)))
    }

    async fn account_through(&self, subscription: &Subscription) -> Result<Option<NaiveDate>, DeliveryError> {
        let mut connection = self.pool.acquire().await?;
        Ok(subscriptions::account_through(&mut connection, subscription.id, self.clock.now()).await?)
    }

    /// The rules for a month's hours. What a run has closed is known here when its invoices are mirrored; for months that are
    /// so old Kill Bill is asked.
    async fn rules_of_month(
        &self,
        work: &Work,
        subscription: &Subscription,
        month: Month,
        account_through: Option<NaiveDate>,
        timeline: &Timeline,
    ) -> Result<Lane, DeliveryError> {
        let hours = (month.start(), month.end());
        let mut lane = self.rules(subscription, account_through, timeline, hours).await?;
        if let Some(account) = work.account_id
            && lane.is_old(timeline.earliest_window(month))
        {
            let billed = self.killbill.subscriptions().account_charged_through(account).await?;
            lane.account_through = lane.account_through.max(billed);
        }
        Ok(lane)
    }

    /// The rules for hours between two instants.
    async fn rules(
        &self,
        subscription: &Subscription,
        account_through: Option<NaiveDate>,
        timeline: &Timeline,
        hours: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Lane, DeliveryError> {
        let mut lane = Lane {
            timeline: timeline.clone(),
            charged_through: subscription.charged_through,
            account_through,
            arrives_by: self.arrives_by().await?,
            run_is_late: false,
            carried: outbox::carried_in(&self.pool, subscription.id, timeline, hours).await?,
        };
        if lane.is_old(timeline.earliest_window(Month::containing(hours.0))) {
            let reach = timeline.reach_of_run(lane.arrives_by);
            lane.run_is_late = subscriptions::awaits_run(&self.pool, subscription.id, reach).await?;
        }
        Ok(lane)
    }

    /// By when, on Kill Bill's clock, what sets out now has arrived.
    pub(super) async fn arrives_by(&self) -> Result<DateTime<Utc>, DeliveryError> {
        let ahead = self.killbill_ahead().await?;
        Ok(self.clock.now() + ahead + self.longest_way())
    }
}
