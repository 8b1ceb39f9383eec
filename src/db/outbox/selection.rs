//! Which of the waiting records a lane's next delivery may take, as every query of the outbox is asked.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::settlement::Classes;

/// Which records a delivery may take.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    pub resource_id: i64,
    pub subscription_id: i64,
    pub plan: &'a str,
    pub settle_after: Duration,
    pub now: DateTime<Utc>,
    /// Hours that begin later wait for their day.
    pub due_before: DateTime<Utc>,
    /// Classes of corrections and late hours that wait for a person's consent.
    pub asks: Classes,
}
