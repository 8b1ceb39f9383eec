//! How far from now an hour may lie and still be believed. One hour of the year 2062 or 2001 is a typo: it is kept, and it
//! decides nothing (no start, no end, no gap, no estimate) until its time has come or a person lets it go.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::hold::HoldCode;
use super::hour::Hour;

/// How far an hour may lie ahead of the clocks, and how long ago it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of its first instant, after the later of our clock and Kill Bill's.
    pub ahead: Duration,
    /// Of its first instant, before the earlier of the two.
    pub age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ahead: Duration::from_hours(1),
            age: Duration::from_hours(400 * 24),
        }
    }
}

/// The first instants that are believed, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    pub oldest: DateTime<Utc>,
    pub newest: DateTime<Utc>,
}

impl Limits {
    /// Around our clock and Kill Bill's, which is `killbill_ahead` of ours: each may be a test's, months away from the other.
    #[must_use]
    pub fn around(self, ours: DateTime<Utc>, killbill_ahead: TimeDelta) -> Reach {
        let theirs = ours.checked_add_signed(killbill_ahead).unwrap_or(ours);
        let span = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        Reach {
            oldest: ours
                .min(theirs)
                .checked_sub_signed(span(self.age))
                .unwrap_or(DateTime::<Utc>::MIN_UTC),
            newest: ours
                .max(theirs)
                .checked_add_signed(span(self.ahead))
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
        }
    }
}

impl Reach {
    /// Why the hour is not believed yet; none = it is.
    #[must_use]
    pub fn hold(self, hour: Hour) -> Option<HoldCode> {
        if hour.start() > self.newest {
            Some(HoldCode::Ahead)
        } else {
            (hour.start() < self.oldest).then_some(HoldCode::TooOld)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(hour: &str, ours: &str, theirs: &str) -> Option<HoldCode> {
        let (ours, theirs): (DateTime<Utc>, DateTime<Utc>) = (ours.parse().unwrap(), theirs.parse().unwrap());
        let reach = Limits::default().around(ours, theirs - ours);
        reach.hold(Hour::parse(hour).unwrap())
    }

    #[test]
    fn an_hour_is_believed_around_either_clock_and_between_them() {
        let (ours, theirs) = ("2026-03-01T10:30:00Z", "2028-06-01T10:30:00Z");
        for clocks in [(ours, ours), (ours, theirs), (theirs, ours)] {
            assert_eq!(hold("2026-03-01T11:00:00Z", clocks.0, clocks.1), None);
            assert_eq!(hold("2025-02-01T00:00:00Z", clocks.0, clocks.1), None);
        }
        assert_eq!(hold("2027-01-01T00:00:00Z", ours, theirs), None);
        assert_eq!(hold("2028-06-01T11:00:00Z", theirs, ours), None);
    }

    #[test]
    fn an_hour_beyond_both_clocks_is_not() {
        let ours = "2026-03-01T10:30:00Z";
        assert_eq!(hold("2026-03-01T12:00:00Z", ours, ours), Some(HoldCode::Ahead));
        assert_eq!(
            hold("2062-03-01T12:00:00Z", ours, "2028-06-01T10:30:00Z"),
            Some(HoldCode::Ahead)
        );
        assert_eq!(hold("2025-01-25T10:00:00Z", ours, ours), Some(HoldCode::TooOld));
        assert_eq!(hold("2025-01-25T11:00:00Z", ours, ours), None);
    }
}
