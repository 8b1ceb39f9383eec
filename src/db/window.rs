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
        let place = |rows: i64| usize::try_from(rows).unwrap_or_default().min(all.len());
        &all[place(self.offset)..place(self.offset.saturating_add(self.limit))]
    }
}
