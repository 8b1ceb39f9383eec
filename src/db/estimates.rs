//! Price estimates. `basis` knows which customers' months are to be estimated anew, `facts` and `billed` read what they
//! are made of, `store` writes them, `list` shows them, `manual` and `bounds` keep what people set, `check` holds the
//! figures against Kill Bill's dry run.

mod basis;
mod billed;
mod bounds;
mod check;
mod facts;
mod list;
mod manual;
mod store;

use chrono::{DateTime, Utc};

pub use basis::{Due, due, months};
pub use bounds::{Bound, BoundFilter, BoundRow, bounds, count_bounds, set_bound};
pub use check::{Asked, Compared, Sent, discrepancy, sent, to_ask, write};
pub use facts::facts;
pub use list::{EstimateFilter, EstimateRow, Found, by_uuid, count, find_scopes, list, open_total};
pub use manual::{NewEstimate, create, delete, update};
pub use store::{Fresh, store};

/// Who sets something, and when.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    pub name: &'a str,
    pub now: DateTime<Utc>,
}
