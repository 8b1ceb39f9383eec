//! What settlements are fixed by, and what was stamped for one of their lines.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::settlement::Classes;

/// What everything is settled by.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub currency: &'a str,
    /// Classes that wait for a person's consent.
    pub asks: Classes,
    /// Hours in a month of a monthly price.
    pub divisor: Decimal,
    /// How long after an hour's end its record may still change.
    pub settle_after: Duration,
    pub now: DateTime<Utc>,
}

/// The records that one group stamped.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Stamped {
    pub(super) id: i64,
    pub(super) records: i64,
    pub(super) quantity: Decimal,
    pub(super) digest: String,
}
