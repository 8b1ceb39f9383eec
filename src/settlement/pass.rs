//! One pass over all customers that have something to settle.

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt, stream};

use super::Settler;
use crate::db::{approvals, settlements};
use crate::delivery::DeliveryError;
use crate::domain::month::Month;

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    pub customers: u64,
    /// Fixed to be posted, or found to come to nothing.
    pub fixed: u64,
    pub posted: u64,
    pub records: u64,
    /// Drafts of requests that arrived late, voided.
    pub surplus: u64,
    pub failures: u64,
}

impl std::ops::AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        self.customers += other.customers;
        self.fixed += other.fixed;
        self.posted += other.posted;
        self.records += other.records;
        self.surplus += other.surplus;
        self.failures += other.failures;
    }
}

impl Settler {
    /// One pass. Failures of single customers are counted and written down with them; the pass goes on.
    ///
    /// # Errors
    /// When the database fails, or Kill Bill cannot be spoken to at all.
    pub async fn pass(&self) -> Result<Report, DeliveryError> {
        let due = self.months_over().await?;
        approvals::ask(&self.pool, due, self.terms()).await?;
        let ids = settlements::candidates(&self.pool, self.clock.now(), due, self.asks).await?;
        let workers = usize::try_from(self.settings.workers).unwrap_or(1);
        stream::iter(ids)
            .map(|id| self.customer(id, due))
            .buffer_unordered(workers)
            .try_fold(Report::default(), async |mut sum, one| {
                sum += one;
                Ok(sum)
            })
            .await
    }

    /// The first instant of the month that is open: by Kill Bill's clock, which may be months away from ours, and with
    /// some hours of grace for the last records.
    async fn months_over(&self) -> Result<DateTime<Utc>, DeliveryError> {
        if !settlements::charges_wait(&self.pool).await? {
            return Ok(DateTime::<Utc>::UNIX_EPOCH);
        }
        let now = self.killbill.clock().now_or(self.clock.now()).await?;
        let grace = TimeDelta::from_std(self.month_grace).unwrap_or(TimeDelta::MAX);
        Ok(Month::containing(now - grace).start())
    }
}
