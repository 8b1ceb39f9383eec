//! The work on one leased resource, from its first subscription to its last read-back.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Delivery, DeliveryError, Report};
use crate::db::outbox::{self, Work};
use crate::db::subscriptions;

/// A resource whose work failed rests for two seconds, then twice as long each time, at most ten minutes.
const LONGEST_REST: Duration = Duration::from_secs(600);

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
        let failure = result
            .as_ref()
            .err()
            .map(|error| (error.to_string(), self.rest(error, &work)));
        outbox::release(
            &self.pool,
            id,
            self.owner,
            failure.as_ref().map(|(text, at)| (text.as_str(), *at)),
        )
        .await?;
        match result {
            Ok(()) => Ok(report),
            Err(error) if error.is_outage() => Err(error),
            Err(error) => {
                tracing::warn!(resource = %work.uuid, %error, "the work on a resource stopped");
                report.failures += 1;
                Ok(report)
            }
        }
    }

    async fn all(&self, work: &Work, report: &mut Report) -> Result<(), DeliveryError> {
        if work.parked {
            return Err(DeliveryError::Blocked(
                "the account is parked in Kill Bill: its usage waits until somebody unparks it".to_owned(),
            ));
        }
        self.provision(work).await?;
        for subscription in subscriptions::of_resource(&self.pool, work.id).await? {
            self.lane(work, &subscription, report).await?;
            report.verified += self.verify(&subscription).await?;
        }
        outbox::examine_again(&self.pool, work.id, self.clock.now()).await?;
        self.terminate(work, report).await
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
    let doublings = u32::try_from(failures.clamp(0, 16)).unwrap_or(0);
    (Duration::from_secs(2) * 2u32.pow(doublings)).min(LONGEST_REST)
}
