//! The outbox: what is still to be told to Kill Bill, who is telling it, and what came of it.
//! The pending rows of the ledger are the outbox; a worker leases a resource, and every step is a short transaction.

mod lease;
mod prepare;
mod settle;
mod sums;

pub use lease::{Work, candidates, lease, release, renew};
pub use prepare::{OpenHours, Prepared, PreparedUnit, Selection, hold_hours, open_hours, prepare};
pub use settle::{Open, Standing, mark_sending, open_of, settled, stalled};
pub use sums::{Verifiable, booked, carried, mark_verified, note_difference, unverified};

/// Asserts that a state change met exactly one row: anything else means that somebody else was there first.
fn one_row(result: &sqlx::postgres::PgQueryResult) -> sqlx::Result<()> {
    if result.rows_affected() == 1 {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}
