//! What a restored ledger does not know: which subscriptions are to be compared with Kill Bill (`doubts`), what the ledger
//! says hour by hour (`books`), records that were found to be there already (`adopt`), and what cannot be explained
//! (`differences`). Invoices tell later under which tracking ids it was sent (`learn`). The comparing itself is `delivery`'s.

mod adopt;
mod books;
mod differences;
mod doubts;
mod learn;
mod split;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::hour::Hour;
use crate::domain::recover::{Candidate, Spot};

pub use adopt::adopt;
pub use books::{booked_between, booked_by_hour, cancelling_in, carried_by_hour, waiting_in, waiting_months};
pub use differences::{Difference, HOLD, settle};
pub use doubts::{Doubt, believe, doubt, doubt_all, due, newest_delivery, rest};
pub use learn::learn;

/// A revision of a record that no delivery carries, as its lane sees it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    pub meter_id: i16,
    pub meter: String,
    pub hour: DateTime<Utc>,
    pub revision: i16,
    pub superseded: bool,
    /// In the meter's unit; what it adds to what deliveries carry.
    pub delta: Decimal,
    pub unit: String,
    pub factor: Decimal,
}

impl Waiting {
    /// Where it belongs.
    #[must_use]
    pub fn spot(&self) -> Spot {
        Spot {
            hour: Hour::containing(self.hour),
            unit: self.unit.clone(),
        }
    }

    /// What a ruling looks at.
    #[must_use]
    pub fn candidate(&self) -> Candidate {
        Candidate {
            meter_id: self.meter_id,
            revision: self.revision,
            amount: self.delta * self.factor,
        }
    }
}
