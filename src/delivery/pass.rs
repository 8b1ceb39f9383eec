//! One pass over everything that has something to tell Kill Bill, several resources at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::turns::Turns;
use super::{Delivery, DeliveryError};
use crate::db::accounts;
use crate::db::outbox::{self, Candidate};
use crate::domain::due::{Due, Rhythm};

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    pub resources: u64,
    pub deliveries: u64,
    pub records: u64,
    pub verified: u64,
    pub ended: u64,
    pub failures: u64,
    /// Failures in which nothing of Kill Bill's own was heard.
    #[serde(skip)]
    pub silent: u64,
}

impl std::ops::AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        self.resources += other.resources;
        self.deliveries += other.deliveries;
        self.records += other.records;
        self.verified += other.verified;
        self.ended += other.ended;
        self.failures += other.failures;
        self.silent += other.silent;
    }
}

/// Called with (done, all) as resources are finished.
pub type Progress<'p> = &'p (dyn Fn(u64, u64) + Sync);

impl Delivery {
    /// One pass. Failures of single resources are counted and written down with them; the pass goes on.
    ///
    /// # Errors
    /// When the database fails, or Kill Bill cannot be spoken to at all.
    pub async fn pass(&self, progress: Progress<'_>) -> Result<Report, DeliveryError> {
        self.doubt_everything_once().await?;
        let worker = Self {
            killbill_ahead: Arc::default(),
            ..self.clone()
        };
        worker.judge_hours().await?;
        let later = match self.settings.window {
            Rhythm::Daily => worker.later_clock().await?,
            Rhythm::Hourly => Due::ALL.before,
        };
        let found = outbox::candidates(&self.pool, self.clock.now(), self.settings.settle_after, later).await?;
        let mut report = self.look_for_parked(&found).await?;
        let outage = worker.all_turns(found, progress, &mut report).await;
        self.name_undelivered().await?;
        self.name_obstructed().await?;
        if let Some(outage) = outage {
            return Err(outage);
        }
        report += self.tell_customers().await?;
        Ok(report)
    }

    /// Works on the resources, several at a time. Returns why it stopped before the last one, if it did.
    async fn all_turns(
        &self,
        found: Vec<Candidate>,
        progress: Progress<'_>,
        report: &mut Report,
    ) -> Option<DeliveryError> {
        let all = found.len() as u64;
        progress(0, all);
        let (stopped, mut turns, mut outage) = (AtomicBool::new(false), Turns::of(found), None);
        let workers = usize::try_from(self.settings.workers).unwrap_or(1);
        let (mut running, mut done) = (FuturesUnordered::new(), 0);
        loop {
            while running.len() < workers
                && let Some(next) = turns.next()
            {
                let stopped = &stopped;
                running.push(async move { (next, self.unless(stopped, next.id).await) });
            }
            let Some((had, result)) = running.next().await else {
                break;
            };
            match result {
                Ok(one) => {
                    turns.had(had, &one);
                    *report += one;
                }
                Err(error) => drop(outage.get_or_insert(error)),
            }
            if outage.is_none() && turns.is_kill_bill_away() {
                outage = Some(DeliveryError::Away(turns.left()));
            }
            stopped.store(outage.is_some(), Ordering::Relaxed);
            done += 1;
            progress(done, all);
        }
        outage
    }

    /// Works on a resource, unless Kill Bill has gone away in the meantime.
    async fn unless(&self, outage: &AtomicBool, id: i64) -> Result<Report, DeliveryError> {
        if outage.load(Ordering::Relaxed) {
            Ok(Report::default())
        } else {
            self.resource(id).await
        }
    }

    /// The usage of a parked account waits, because Kill Bill would not bill it. One search, whatever the number of accounts;
    /// when it fails, what was read last holds.
    async fn look_for_parked(&self, found: &[Candidate]) -> Result<Report, DeliveryError> {
        let mut report = Report::default();
        if found.is_empty() {
            return Ok(report);
        }
        match self.killbill.accounts().tagged(accounts::PARK).await {
            Ok(parked) => {
                accounts::set_tag(&self.pool, accounts::PARK, &parked, self.clock.now()).await?;
            }
            Err(error) => {
                tracing::warn!(%error, "the parked accounts could not be read");
                report.failures += 1;
            }
        }
        Ok(report)
    }
}
