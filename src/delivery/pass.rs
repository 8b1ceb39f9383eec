//! One pass over everything that has something to tell Kill Bill, several resources at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::stream::FuturesUnordered;
use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::names::in_some_form;
use super::turns::Turns;
use super::{Delivery, DeliveryError, account, rest};
use crate::db::accounts::{self, OutOfStep};
use crate::db::outbox::{self, Candidate};
use crate::domain::due::{Due, Rhythm};
use crate::domain::plain_name;
use crate::killbill::{self, accounts::AccountUpdate};

/// Renamed customers that are told in one pass, and how many at a time.
const TOLD_IN_A_PASS: i64 = 200;
const TOLD_AT_A_TIME: usize = 4;

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
        match outage {
            Some(outage) => Err(outage),
            None => {
                report += self.tell_customers().await?;
                Ok(report)
            }
        }
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

    /// Brings accounts in line with customers that were renamed, after the money and some at a time.
    async fn tell_customers(&self) -> Result<Report, DeliveryError> {
        let customers = accounts::out_of_step(&self.pool, self.clock.now(), TOLD_IN_A_PASS).await?;
        stream::iter(customers)
            .map(|customer| self.tell_customer(customer))
            .buffer_unordered(TOLD_AT_A_TIME)
            .try_fold(Report::default(), async |mut sum, one| {
                sum += one;
                Ok(sum)
            })
            .await
    }

    async fn tell_customer(&self, customer: OutOfStep) -> Result<Report, DeliveryError> {
        let (told, mut report) = (
            accounts::Told {
                name: customer.name.clone(),
                email: customer.email.clone(),
            },
            Report::default(),
        );
        match self.update_account(customer.account_id, &told).await {
            Ok(shown) => {
                accounts::store(&self.pool, customer.id, customer.account_id, &told, shown.as_deref()).await?;
            }
            Err(error) => {
                tracing::warn!(account = %customer.account_id, %error, "a customer's name could not be told to Kill Bill");
                let tell_at = self.clock.now() + rest(customer.telling_failures);
                accounts::untold(&self.pool, customer.id, &error.to_string(), tell_at).await?;
                let error = DeliveryError::from(error);
                if error.is_outage() {
                    return Err(error);
                }
                report.failures += 1;
            }
        }
        Ok(report)
    }

    /// In the first form of the name that Kill Bill takes; returns it when it is not the name itself.
    async fn update_account(&self, account: Uuid, told: &accounts::Told) -> Result<Option<String>, killbill::Error> {
        let tell = |name: String| async move {
            let changes = update(&name, &told.email);
            self.killbill.accounts().update(account, &changes).await
        };
        let ((), shown) = in_some_form(plain_name::forms(&told.name), tell).await?;
        Ok(shown)
    }
}

/// Kill Bill's columns hold 100 characters of a name and 128 of an e-mail.
fn update(name: &str, email: &str) -> AccountUpdate {
    AccountUpdate {
        name: Some(account::account_name(name)),
        email: account::account_email(email),
        ..AccountUpdate::default()
    }
}
