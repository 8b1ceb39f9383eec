//! The part of a list that one page shows.

/// `limit` rows after the first `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub limit: i64,
    pub offset: i64,
}

impl Window {
    /// No rows: for whoever only counts.
    pub const NOTHING: Self = Self { limit: 0, offset: 0 };

    /// The same part of a list that is at hand as a whole.
    #[must_use]
    pub fn of<T>(self, all: &[T]) -> &[T] {
        let (_, rest) = all.split_at(at_most(self.offset, all));
        let (shown, _) = rest.split_at(at_most(self.limit, rest));
        shown
    }
}

/// So many rows of the list, as far as it goes.
fn at_most<T>(rows: i64, all: &[T]) -> usize {
    usize::try_from(rows).unwrap_or_default().min(all.len())
}
