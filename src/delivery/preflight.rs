//! What is checked before something leaves: what Kill Bill says of the subscription, put before the rules of
//! `domain::preflight`. A record that must wait is marked with its reason and stays.

use super::{Delivery, DeliveryError};
use crate::db::outbox::{self, Next, Prepared, Selection};
use crate::db::subscriptions::Subscription;
use crate::domain::preflight::Lane;

impl Delivery {
    /// The lane's next delivery, fixed and free of anything that must wait; none when nothing is left.
    pub(super) async fn next(
        &self,
        selection: Selection<'_>,
        subscription: &Subscription,
    ) -> Result<Option<Prepared>, DeliveryError> {
        let lane = lane(subscription);
        while let Some(first) = outbox::first_open_hour(&self.pool, selection).await? {
            match outbox::prepare(&self.pool, selection, first, &lane).await? {
                Next::Ready(prepared) => return Ok(Some(prepared)),
                Next::Held => {}
                Next::Idle => break,
            }
        }
        Ok(None)
    }

    /// Frees the lane's held hours whose reason is gone.
    pub(super) async fn lift_holds(
        &self,
        selection: Selection<'_>,
        subscription: &Subscription,
    ) -> Result<(), DeliveryError> {
        let lifted = outbox::lift(&self.pool, selection, &lane(subscription)).await?;
        if lifted > 0 {
            tracing::info!(subscription = %subscription.killbill_id, lifted, "held hours may go now");
        }
        Ok(())
    }
}

fn lane(subscription: &Subscription) -> Lane {
    Lane {
        billing_start: subscription.billing_start,
        billing_end: subscription.billing_end,
        charged_through: subscription.charged_through,
    }
}
