//! The read-back after deliveries: Kill Bill's sums of the month against the ledger's, to the ninth decimal.
//! A match proves that everything arrived once; whether it is billed, the invoice proves.

use super::{Delivery, DeliveryError};
use crate::db::subscriptions::Subscription;
use crate::db::{outbox, recover};
use crate::domain::delivery::difference;
use crate::domain::month::Month;

impl Delivery {
    /// Checks the months with unverified deliveries; returns how many deliveries are verified now.
    pub(super) async fn verify(&self, subscription: &Subscription) -> Result<u64, DeliveryError> {
        let mut verified = 0;
        for checked in outbox::unverified(&self.pool, subscription.id).await? {
            let month = Month::of(checked.month);
            let seen = self
                .killbill
                .usages()
                .sums(subscription.killbill_id, month.start(), month.end())
                .await?;
            let booked = outbox::booked(&self.pool, subscription.id, checked.month).await?;
            if let Some(detail) = difference(&booked, &seen) {
                tracing::warn!(subscription = %subscription.killbill_id, month = %checked.month, detail, "Kill Bill's sums differ from the ledger's");
                outbox::note_difference(&self.pool, subscription.id, checked, &detail).await?;
                self.lanes.forget(subscription.id, month);
                recover::doubt(&self.pool, subscription.id, month, self.clock.now()).await?;
            } else {
                verified += outbox::mark_verified(&self.pool, subscription.id, checked, self.clock.now()).await?;
            }
        }
        Ok(verified)
    }
}
