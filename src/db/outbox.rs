//! The outbox: what is still to be told to Kill Bill, who is telling it, and what came of it.
//! The pending rows of the ledger are the outbox; a worker leases a resource, and every step is a short transaction.

/// When a row `u` of the ledger has settled, which is `$wait` after the hour's end. An hour that had not begun when the record
/// came in was metered by a clock ahead of ours (a test, a demo, a restored server): it counts from its arrival.
macro_rules! settles_at {
    ($wait:literal) => {
        concat!(
            "case when u.hour <= u.recorded_at then u.hour + interval '1 hour' else u.recorded_at end + ",
            $wait
        )
    };
}

/// The rows `u` of the ledger that may be sent: in no delivery, not replaced, not held, and settled.
macro_rules! settled_rows {
    ($wait:literal, $now:literal) => {
        concat!(
            "u.delivery_id is null and not u.superseded and u.hold is null and ",
            $crate::db::outbox::settles_at!($wait),
            " <= ",
            $now
        )
    };
}

pub(in crate::db) use {settled_rows, settles_at};

use sqlx::postgres::PgQueryResult;

mod content;
mod examine;
mod lease;
mod newest;
mod prepare;
mod row;
mod selection;
mod settle;
mod sums;
mod units;
mod withdraw;

pub use examine::{examine_again, examine_soon, held_between, lift};
pub use lease::{Candidate, Work, candidates, lease, looked, release, renew};
pub use prepare::{Next, Prepared, PreparedUnit, first_open_hour, look, prepare};
pub use selection::Selection;
pub use settle::{Open, Standing, mark_sending, open_of, settled, stalled};
pub use sums::{Verifiable, booked, carried, carried_in, last_month, mark_verified, note_difference, unverified};
pub use withdraw::withdraw;

pub(in crate::db) use newest::tell_more;
pub(in crate::db) use units::insert_units;

/// Asserts that a state change met exactly one row: anything else means that somebody else was there first.
fn one_row(result: &PgQueryResult) -> sqlx::Result<()> {
    all_rows(result, 1)
}

/// The same of several.
pub(in crate::db) fn all_rows(result: &PgQueryResult, wanted: usize) -> sqlx::Result<()> {
    if usize::try_from(result.rows_affected()).is_ok_and(|met| met == wanted) {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}
