//! Who blocked the billing of an account, a bundle or a subscription, since when. A subscription's own events tell that a block
//! began or ended, and not whose it was: where blocks lie inside each other they seem to end with the inner one.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::subscriptions::Subscription;
use super::{Error, KillBill};
use crate::domain::timeline::{Event, What};

/// Calls about blocking states.
#[derive(Debug, Clone, Copy)]
pub struct Blocking<'a>(pub(super) &'a KillBill);

/// What a service said of an account, a bundle or a subscription at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockingState {
    pub blocked_id: Uuid,
    pub service: String,
    pub is_block_billing: bool,
    pub effective_date: DateTime<Utc>,
}

impl Blocking<'_> {
    /// All that concerns the subscription, past and to come, in the rules' words; asked only where its own events tell of any. A
    /// service's blocks of its account, its bundle and itself count each by itself, as Kill Bill's invoices have it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn of(&self, subscription: &Subscription) -> Result<Vec<Event>, Error> {
        if !subscription.events.iter().any(|event| event.is_blocked_billing) {
            return Ok(Vec::new());
        }
        let account = subscription.account_id.to_string();
        let states: Vec<BlockingState> = self.0.get(&["accounts", &account, "block"]).send().await?.json()?;
        let own = [
            subscription.account_id,
            subscription.bundle_id,
            subscription.subscription_id,
        ];
        let concerns = states.into_iter().filter(|state| own.contains(&state.blocked_id));
        let mut events: Vec<Event> = concerns.map(BlockingState::told).collect();
        events.sort_by_key(|event| event.at);
        Ok(events)
    }
}

impl BlockingState {
    /// In the rules' words.
    #[must_use]
    pub fn told(self) -> Event {
        Event {
            at: self.effective_date,
            what: What::Block {
                service: format!("{} of {}", self.service, self.blocked_id),
                blocked: self.is_block_billing,
            },
        }
    }
}
