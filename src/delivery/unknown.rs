//! Deliveries whose outcome nobody knows: waited out, looked up in Kill Bill's books, decided by evidence.

use super::{Delivery, DeliveryError};
use crate::db::outbox::{self, Open};
use crate::db::subscriptions::Subscription;
use crate::domain::delivery::{Evidence, Settlement, decide};
use crate::domain::month::Month;

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
        let settlement = settlement(decide(&booked, &carried, &seen));
        let decided = !matches!(settlement, Settlement::Unknown { .. });
        tracing::info!(
            tracking_id = open.tracking_id,
            outcome = settlement.state(),
            detail = settlement.detail(),
            "unknown delivery looked up"
        );
        outbox::settled(
            &self.pool,
            open.standing(),
            &settlement,
            self.clock.now(),
            self.read_back_at(),
        )
        .await?;
        Ok(decided)
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
