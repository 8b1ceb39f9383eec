//! Deliveries as operators see them (tables `delivery`, `delivery_unit`, `delivery_attempt`): what was sent when, with
//! which records, and what was answered. `read` shows, `retry` lets a refused one go out again; the worker's own
//! statements stand in `outbox`.

mod read;
mod retry;

pub use read::{Attempt, Delivery, DeliveryFilter, Record, Unit, attempts, count, find, list, records, units};
pub use retry::{RetryError, retry};

/// The states of a delivery, in the order of its life.
pub const STATES: [&str; 6] = ["prepared", "sending", "unknown", "delivered", "verified", "refused"];
