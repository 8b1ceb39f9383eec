//! Hours that lie too far from the clocks: which of them are held, which are free by now (`judge`), and which a person let go
//! (`release`). What is held like that is in no kept sum, and nothing is derived from it.

mod judge;
mod recount;
mod release;

/// The rows `u` of the ledger that are not held for their distance.
macro_rules! near {
    () => {
        "coalesce(u.hold, '') not in ('ahead', 'too-old')"
    };
}

/// The rows `u` of the ledger that are believed: the newest revisions, be they of nothing, unless they are held for their
/// distance.
macro_rules! believed {
    () => {
        concat!("not u.superseded and ", $crate::db::reach::near!())
    };
}

/// Those of them that say that something was consumed. A start, an end, a gap, silence: all of them ask for these, and for nothing else.
macro_rules! consumed {
    () => {
        concat!($crate::db::reach::believed!(), " and u.quantity > 0")
    };
}

pub(in crate::db) use {believed, consumed, near};

pub use judge::{Judged, is_doubtful, judge};
pub use release::{NewRelease, Release, ReleaseError, release, releases};

pub(in crate::db) use judge::far_codes;
