//! Deliveries whose outcome nobody knows: waited out, looked up in Kill Bill's books, decided by evidence.

use rust_decimal::Decimal;

use super::{Delivery, DeliveryError};
use crate::db::outbox::{self, Open};
use crate::db::recover;
use crate::db::subscriptions::Subscription;
use crate::domain::delivery::{Evidence, Settlement, decide};
use crate::domain::month::Month;
use crate::domain::recover::Spot;

impl Delivery {
    /// True when the evidence decided, one way or the other.
    pub(super) async fn look_up(&self, subscription: &Subscription, open: &Open) -> Result<bool, DeliveryError> {
        let month = Month::of(open.month);
        let seen = self
            .killbill
            .usages()
            .sums(subscription.killbill_id, month.start(), month.end())
            .await?;
        let booked = outbox::booked(&self.pool, subscription.id, open.month).await?;
        let carried = outbox::carried(&self.pool, open.id).await?;
        let evidence = match decide(&booked, &carried, &seen) {
            Evidence::Unclear(_) => self.look_closer(subscription, open).await?,
            // More in one hour and less in another: no sum of the month tells whether they are there.
            _ if carried.values().all(Decimal::is_zero) => self.look_closer(subscription, open).await?,
            clear => clear,
        };
        let settlement = settlement(evidence);
        let decided = !matches!(settlement, Settlement::Unknown { .. });
        tracing::info!(
            tracking_id = open.tracking_id,
            outcome = %settlement.state(),
            detail = settlement.detail(),
            "unknown delivery looked up"
        );
        outbox::settled(
            &self.pool,
            open.standing(),
            &settlement,
            self.clock.now(),
            self.look_again_at(open.sent_at),
        )
        .await?;
        Ok(decided)
    }

    /// Something else in the month is not as the ledger has it, or the month's sums do not tell: the delivery's own hours
    /// decide. Kill Bill takes a delivery whole or not at all.
    async fn look_closer(&self, subscription: &Subscription, open: &Open) -> Result<Evidence, DeliveryError> {
        let booked = recover::booked_by_hour(&self.pool, subscription.id, open.month).await?;
        let carried = recover::carried_by_hour(&self.pool, open.id).await?;
        let month = Month::of(open.month);
        let window = (month.start(), month.end());
        let mut seen = booked.clone();
        let moving: Vec<(Spot, Decimal)> = carried.clone().into_iter().collect();
        let differing = self.differing(subscription.killbill_id, window, &booked, &moving);
        for (spot, surplus) in differing.await? {
            *seen.entry(spot).or_default() += surplus;
        }
        Ok(decide(&booked, &carried, &seen))
    }
}

fn settlement(evidence: Evidence) -> Settlement {
    match evidence {
        Evidence::Arrived => Settlement::Delivered {
            detail: "found in Kill Bill's sums",
            status: 200,
            code: None,
        },
        Evidence::NotArrived => Settlement::NotSent {
            detail: "not in Kill Bill's sums: sent again".to_owned(),
        },
        Evidence::Unclear(detail) => Settlement::Unknown {
            detail,
            status: Some(200),
        },
    }
}
