//! Price estimates. `basis` knows which customers' months are to be estimated anew, `facts`, `metered` and `billed` read
//! what they are made of, `store` writes them, `list` shows them, `manual` and `bounds` keep what people set, `sent` and
//! `check` hold the figures against Kill Bill's dry run.

mod basis;
mod billed;
mod bounds;
mod check;
mod facts;
mod list;
mod manual;
mod metered;
mod sent;
mod store;

/// The customers `c` whose months may not be the calendar's: billed on another day, in another zone, or, where the parameter
/// says that the catalog allows it, on days of their subscriptions.
macro_rules! odd_months {
    ($own_days:literal) => {
        concat!(
            "(",
            $own_days,
            "::boolean or c.account_terms is not null and (c.account_terms ->> 'bill_cycle_day' is distinct from '1'
              or coalesce((c.account_terms ->> 'utc_offset')::integer, 0) <> 0))"
        )
    };
}
use odd_months;

use chrono::{DateTime, Utc};

pub use basis::{Due, due, months};
pub use bounds::{Bound, BoundFilter, BoundRow, bounds, count_bounds, set_bound};
pub use check::{Asked, Compared, discrepancy, to_ask, write};
pub use facts::facts;
pub use list::{EstimateFilter, EstimateRow, Found, by_uuid, count, find_scopes, list, open_total};
pub use manual::{NewEstimate, create, delete, update};
pub use sent::{Sent, sent};
pub use store::{Fresh, store};

/// Who sets something, and when.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    pub name: &'a str,
    pub now: DateTime<Utc>,
}
