//! Hours that lie too far from the clocks: which of them are held, which are free by now (`judge`), and which a person let go
//! (`release`). What is held like that is in no kept sum, and nothing is derived from it.

mod judge;
mod recount;
mod release;

/// The rows `u` of the ledger that say that something was consumed: the newest revisions of more than zero, unless they are
/// held for their distance. A start, an end, a gap, silence: all of them ask for these, and for nothing else.
macro_rules! consumed {
    () => {
        "not u.superseded and u.quantity > 0 and coalesce(u.hold, '') not in ('ahead', 'too-old')"
    };
}

pub(in crate::db) use consumed;

pub use judge::{Judged, is_doubtful, judge};
pub use release::{NewRelease, Release, ReleaseError, release, releases};

pub(in crate::db) use judge::far_codes;
