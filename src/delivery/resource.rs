//! The work on one leased resource, from its first subscription to its last read-back.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::lane::Left;
use super::obstacles::Obstacles;
use super::provision::scope;
use super::{Delivery, DeliveryError, Report};
use crate::db::outbox::{self, Work};
use crate::db::subscriptions::{self, Subscription};
use crate::domain::pause::growing;

/// A resource whose work failed rests for two seconds, then twice as long each time, at most ten minutes.
const FIRST_REST: Duration = Duration::from_secs(2);
const LONGEST_REST: Duration = Duration::from_mins(10);

impl Delivery {
    /// Leases the resource and does all there is to do. A resource that somebody else works on is left to him.
    ///
    /// # Errors
    /// When the database fails or Kill Bill cannot be spoken to; what concerns the resource alone is written down.
    pub(super) async fn resource(&self, id: i64) -> Result<Report, DeliveryError> {
        let now = self.clock.now();
        let Some(work) = outbox::lease(&self.pool, id, self.owner, now, now + self.lease_time()).await? else {
            return Ok(Report::default());
        };
        let mut report = Report {
            resources: 1,
            ..Report::default()
        };
        let result = self.all(&work, &mut report).await;
        let failure = match &result {
            Ok(trouble) => trouble.clone().map(|text| (text, None)),
            Err(error) => Some((error.to_string(), self.rest(error, &work))),
        };
        outbox::release(
            &self.pool,
            id,
            self.owner,
            failure.as_ref().map(|(text, at)| (text.as_str(), *at)),
        )
        .await?;
        match result {
            Ok(_) => Ok(report),
            Err(error) if error.is_outage() => Err(error),
            Err(error) => {
                tracing::warn!(resource = %work.uuid, %error, "the work on a resource stopped");
                report.failures += 1;
                Ok(report)
            }
        }
    }

    /// Returns why some of the hours wait, where something stands in their way.
    async fn all(&self, work: &Work, report: &mut Report) -> Result<Option<String>, DeliveryError> {
        if work.parked {
            return Err(DeliveryError::Blocked(
                "the account is parked in Kill Bill: its usage waits until somebody unparks it".to_owned(),
            ));
        }
        let obstacles = self.obstacles(work).await?;
        self.undo_wrong_starts(work, &obstacles, report).await?;
        self.provision(work, &obstacles, report).await?;
        subscriptions::hold_zeros(&self.pool, work.id).await?;
        let obstacles = self.since_then(work, obstacles, report).await?;
        let (began, mut left) = (self.clock.now(), Left::Nothing);
        for subscription in subscriptions::of_resource(&self.pool, work.id).await? {
            left = left.and(self.one_lane(work, &subscription, &obstacles, report).await?);
        }
        outbox::looked(&self.pool, work.id, began, left.due_at()).await?;
        for subscription in subscriptions::of_resource(&self.pool, work.id).await? {
            self.tell_names(work, &subscription).await?;
        }
        outbox::examine_again(&self.pool, work.id, self.clock.now()).await?;
        // What was sent of a wrong hour may have been taken back just now.
        self.undo_wrong_starts(work, &obstacles, report).await?;
        self.terminate(work, report).await?;
        let obstacles = self.since_then(work, obstacles, report).await?;
        Ok(obstacles.told().map(str::to_owned))
    }

    /// The obstacles after something was tried. Mostly there were none and there are none.
    async fn since_then(&self, work: &Work, known: Obstacles, report: &Report) -> Result<Obstacles, DeliveryError> {
        if known.told().is_none() && report.failures == 0 {
            return Ok(known);
        }
        self.obstacles(work).await
    }

    /// A lane with something in its way rests by itself, and keeps none of the others waiting.
    async fn one_lane(
        &self,
        work: &Work,
        subscription: &Subscription,
        obstacles: &Obstacles,
        report: &mut Report,
    ) -> Result<Left, DeliveryError> {
        let before = obstacles.of(Some(&subscription.plan));
        if obstacles.of(None).is_some() || self.waits(before) {
            return Ok(Left::Stuck);
        }
        let scope = scope(work, &subscription.plan);
        match self.lane_and_verify(work, subscription, report).await {
            Ok(left) => {
                self.passed(scope, before).await?;
                // What stood in the way held the lane's hours until now: the next pass sees which of them are due.
                Ok(if before.is_some() { Left::Stuck } else { left })
            }
            Err(error) => {
                self.met(scope, before, error, report).await?;
                Ok(Left::Stuck)
            }
        }
    }

    async fn lane_and_verify(
        &self,
        work: &Work,
        subscription: &Subscription,
        report: &mut Report,
    ) -> Result<Left, DeliveryError> {
        let left = self.lane(work, subscription, report).await?;
        report.verified += self.verify(subscription).await?;
        Ok(left)
    }

    /// An outage is not the resource's: it goes out with the first pass that finds Kill Bill back.
    fn rest(&self, error: &DeliveryError, work: &Work) -> Option<DateTime<Utc>> {
        (!error.is_outage()).then(|| self.clock.now() + rest(work.failures))
    }

    /// Makes sure that the resource is still ours before something is sent for it.
    pub(super) async fn keep_lease(&self, work: &Work) -> Result<(), DeliveryError> {
        let now = self.clock.now();
        let kept = outbox::renew(&self.pool, work.id, self.owner, now, now + self.lease_time()).await?;
        if kept { Ok(()) } else { Err(DeliveryError::LeaseLost) }
    }
}

pub(crate) fn rest(failures: i32) -> Duration {
    growing(FIRST_REST, LONGEST_REST, failures)
}
