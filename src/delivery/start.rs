//! Subscriptions that began at a wrong hour. Once it is corrected, or the resource's start is put right, they are ended where
//! they began and give way to one that begins where it should: as long as Kill Bill holds nothing of them and billed nothing.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use rust_decimal::Decimal;

use super::obstacles::Obstacles;
use super::provision::scope;
use super::{Delivery, DeliveryError, Report};
use crate::db::outbox::Work;
use crate::db::reach::{self, Judged};
use crate::db::settings;
use crate::db::subscriptions::{self, Placed};
use crate::domain::reach::Reach;
use crate::domain::start::Beginning;

impl Delivery {
    /// Holds hours that lie too far from the clocks, and frees those that do not any more. Kill Bill's clock matters only for
    /// hours that ours does not allow; when it cannot be asked, what it said last counts.
    pub(super) async fn judge_hours(&self) -> Result<(), DeliveryError> {
        let now = self.clock.now();
        if !reach::is_doubtful(&self.pool, self.limits.around(now, TimeDelta::zero())).await? {
            return Ok(());
        }
        let ahead = self.killbill_ahead_or_remembered().await?;
        let Judged { held, freed } = reach::judge(&self.pool, self.limits.around(now, ahead), now).await?;
        if held + freed > 0 {
            tracing::info!(held, freed, "hours far from the clocks looked at");
        }
        Ok(())
    }

    /// The later of our clock and Kill Bill's: by it a day is over. Test servers, demos and restored systems run months apart.
    pub(super) async fn later_clock(&self) -> Result<DateTime<Utc>, DeliveryError> {
        let ahead = self.killbill_ahead_or_remembered().await?;
        Ok(self.clock.now() + ahead.max(TimeDelta::zero()))
    }

    async fn killbill_ahead_or_remembered(&self) -> Result<TimeDelta, DeliveryError> {
        match self.killbill_ahead().await {
            Err(DeliveryError::KillBill(_)) => Ok(settings::killbill_ahead(&self.pool).await?),
            ahead => ahead,
        }
    }

    /// Which hours are believed now.
    pub(super) async fn reach(&self) -> Result<Reach, DeliveryError> {
        let ahead = match self.killbill_ahead.get() {
            Some(ahead) => *ahead,
            None => settings::killbill_ahead(&self.pool).await?,
        };
        Ok(self.limits.around(self.clock.now(), ahead))
    }

    /// How far Kill Bill's clock is ahead of ours: read once in a pass, and remembered for whoever cannot ask.
    pub(super) async fn killbill_ahead(&self) -> Result<TimeDelta, DeliveryError> {
        let read = async || {
            let ours = self.clock.now();
            let ahead = self.killbill.clock().now_or(ours).await? - ours;
            settings::note_killbill_ahead(&self.pool, ahead).await?;
            Ok(ahead)
        };
        self.killbill_ahead.get_or_try_init(read).await.copied()
    }

    /// Ends the resource's subscriptions that began elsewhere than they should, where nothing was billed; `subscribe` makes
    /// others when they are needed. One that cannot be ended stops nothing else.
    pub(super) async fn undo_wrong_starts(
        &self,
        work: &Work,
        obstacles: &Obstacles,
        report: &mut Report,
    ) -> Result<(), DeliveryError> {
        let reach = self.reach().await?;
        for placed in subscriptions::placed(&self.pool, work.id, reach).await? {
            let before = obstacles.of(Some(&placed.plan));
            if self.waits(before) {
                continue;
            }
            if let Err(error) = self.undo_if_misplaced(work, &placed, reach).await {
                self.met(scope(work, &placed.plan), before, error, report).await?;
            }
        }
        Ok(())
    }

    async fn undo_if_misplaced(&self, work: &Work, placed: &Placed, reach: Reach) -> Result<(), DeliveryError> {
        let beginning = Beginning {
            started_at: work.started_at,
            first_hour: placed.first_hour,
            recurring: placed.recurring,
        };
        if beginning.is_misplaced(placed.billing_start, reach)
            && subscriptions::is_untouched(&self.pool, placed.id).await?
            && self.undo(work, placed).await?
        {
            subscriptions::replaced(&self.pool, placed.id, self.clock.now()).await?;
            tracing::info!(resource = %work.uuid, plan = placed.plan, start = %placed.billing_start, "subscription undone: it began at a wrong hour");
        }
        Ok(())
    }

    /// True when Kill Bill has it ended where it began, now or by a request whose answer was lost.
    async fn undo(&self, work: &Work, placed: &Placed) -> Result<bool, DeliveryError> {
        let (subscriptions, id) = (self.killbill.subscriptions(), placed.killbill_id);
        let seen = subscriptions.get(id).await?;
        if seen.is_undone() {
            return Ok(true);
        }
        if seen.charged_through_date.is_some() || seen.usage_end().is_some() || !self.holds_nothing(placed).await? {
            return Ok(false);
        }
        self.keep_lease(work).await?;
        // As any end: nothing sets out for it meanwhile, and nothing on the road for the account is stranded by it.
        if !subscriptions::begin_end(
            &self.pool,
            placed.id,
            &self.currency,
            placed.billing_start,
            self.clock.now(),
        )
        .await?
        {
            return Ok(false);
        }
        subscriptions.cancel(id, placed.billing_start).await?;
        Ok(subscriptions.get(id).await?.is_undone())
    }

    /// By Kill Bill's own word: a ledger that was restored does not know all that was sent.
    async fn holds_nothing(&self, placed: &Placed) -> Result<bool, DeliveryError> {
        let (first, end) = (year(2000), year(2100));
        let sums = self.killbill.usages().sums(placed.killbill_id, first, end).await?;
        Ok(sums.values().all(Decimal::is_zero))
    }
}

/// The ledger's years.
fn year(year: i32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().unwrap_or_default()
}
