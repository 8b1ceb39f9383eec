//! One pass over everything that has something to tell Kill Bill, several resources at a time.

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Delivery, DeliveryError};
use crate::db::{accounts, outbox};
use crate::killbill::accounts::AccountUpdate;

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    pub resources: u64,
    pub deliveries: u64,
    pub records: u64,
    pub verified: u64,
    pub ended: u64,
    pub failures: u64,
}

impl std::ops::AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        self.resources += other.resources;
        self.deliveries += other.deliveries;
        self.records += other.records;
        self.verified += other.verified;
        self.ended += other.ended;
        self.failures += other.failures;
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
        let mut report = self.tell_customers().await?;
        self.doubt_everything_once().await?;
        let ids = outbox::candidates(&self.pool, self.clock.now(), self.settings.settle_after).await?;
        report.failures += self.look_at_accounts(&ids).await?;
        let worker = Self {
            killbill_ahead: Arc::default(),
            ..self.clone()
        };
        let all = ids.len() as u64;
        progress(0, all);
        let outage = AtomicBool::new(false);
        let workers = usize::try_from(self.settings.workers).unwrap_or(1);
        let (mut running, mut waiting) = (FuturesUnordered::new(), ids.into_iter());
        let (mut done, mut first_outage) = (0, None);
        loop {
            for id in waiting.by_ref().take(workers.saturating_sub(running.len())) {
                running.push(worker.unless(&outage, id));
            }
            let Some(result) = running.next().await else { break };
            match result {
                Ok(one) => report += one,
                Err(error) => {
                    outage.store(true, Ordering::Relaxed);
                    first_outage.get_or_insert(error);
                }
            }
            done += 1;
            progress(done, all);
        }
        self.name_undelivered().await?;
        first_outage.map_or(Ok(report), Err)
    }

    /// Works on a resource, unless Kill Bill has gone away in the meantime.
    async fn unless(&self, outage: &AtomicBool, id: i64) -> Result<Report, DeliveryError> {
        if outage.load(Ordering::Relaxed) {
            Ok(Report::default())
        } else {
            self.resource(id).await
        }
    }

    /// Reads the accounts' tags: the usage of a parked account waits, because Kill Bill would not bill it. An account that
    /// cannot be read is counted, and keeps nobody else's usage waiting.
    async fn look_at_accounts(&self, resources: &[i64]) -> Result<u64, DeliveryError> {
        let mut failures = 0;
        for (customer_id, account_id) in accounts::of_resources(&self.pool, resources).await? {
            match self
                .killbill
                .accounts()
                .tags(account_id)
                .await
                .map_err(DeliveryError::from)
            {
                Ok(tags) => {
                    let names: Vec<String> = tags.into_iter().map(|tag| tag.name).collect();
                    accounts::store_tags(&self.pool, customer_id, &names).await?;
                }
                Err(error) if error.is_outage() => return Err(error),
                Err(error) => {
                    tracing::warn!(account = %account_id, %error, "an account's tags could not be read");
                    failures += 1;
                }
            }
        }
        Ok(failures)
    }

    /// Brings accounts in line with customers that were renamed.
    async fn tell_customers(&self) -> Result<Report, DeliveryError> {
        let mut report = Report::default();
        for customer in accounts::out_of_step(&self.pool).await? {
            let told = accounts::Told {
                name: customer.name,
                email: customer.email,
            };
            match self
                .killbill
                .accounts()
                .update(customer.account_id, &update(&told))
                .await
            {
                Ok(()) => accounts::store(&self.pool, customer.id, customer.account_id, &told).await?,
                Err(error) => {
                    tracing::warn!(account = %customer.account_id, %error, "a customer's name could not be told to Kill Bill");
                    let error = DeliveryError::from(error);
                    if error.is_outage() {
                        return Err(error);
                    }
                    report.failures += 1;
                }
            }
        }
        Ok(report)
    }
}

/// Kill Bill's columns hold 100 characters of a name and 128 of an e-mail.
fn update(told: &accounts::Told) -> AccountUpdate {
    AccountUpdate {
        name: Some(super::account::account_name(&told.name)),
        email: Some(told.email.clone()).filter(|email| !email.is_empty() && email.len() <= 128),
        ..AccountUpdate::default()
    }
}
