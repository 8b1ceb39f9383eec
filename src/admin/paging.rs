//! Where in the whole a page of rows is, and the ways to its neighbours.

/// See above.
pub(super) struct Paging {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) total: i64,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Paging {
    /// The page `number` of `size` rows, with `found` rows on it; without a total these are all. `to` makes addresses.
    pub(super) fn new(
        total: Option<i64>,
        (number, size): (i64, i64),
        found: usize,
        to: impl Fn(i64) -> String,
    ) -> Self {
        let found = i64::try_from(found).unwrap_or(i64::MAX);
        let total = total.unwrap_or(found);
        let before = (number - 1) * size;
        Self {
            first: if found == 0 { 0 } else { before + 1 },
            last: before + found,
            total,
            before: (number > 1).then(|| to(number - 1)),
            after: (before + found < total).then(|| to(number + 1)),
        }
    }
}
