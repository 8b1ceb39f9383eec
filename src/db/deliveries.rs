//! Deliveries as operators see them (tables `delivery`, `delivery_unit`, `delivery_attempt`): what was sent when, with
//! which records, and what was answered. `read` shows, `retry` lets a refused one go out again; the worker's own
//! statements stand in `outbox`.

/// Whether a delivery `d` was waited out and looked up since it was last sent, and is still in doubt: somebody else wrote to
/// the same hours, say. It waits for a person.
macro_rules! unclear {
    () => {
        "(d.state = 'unknown' and exists (select from delivery_attempt a
             where a.delivery_id = d.id and a.attempt = d.attempts and a.kind = 'read-back'))"
    };
}

pub(in crate::db) use unclear;

mod read;
mod retry;

pub use read::{Attempt, Delivery, DeliveryFilter, Record, Unit, attempts, count, find, list, records, units};
pub use retry::{RetryError, Selected, retry, retry_all};
