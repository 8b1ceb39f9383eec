//! The month that the demo bills: the last whole one, so that all its hours are over.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A calendar month in UTC.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Month(NaiveDate);

impl Month {
    /// The month before the one that `now` is in.
    pub fn before(now: DateTime<Utc>) -> Self {
        Self(Self::of(now).0 - Months::new(1))
    }

    /// The month that `instant` is in.
    pub fn of(instant: DateTime<Utc>) -> Self {
        let day = instant.date_naive();
        Self(day - Days::new(day.day0().into()))
    }

    pub fn start(self) -> DateTime<Utc> {
        self.0.and_time(chrono::NaiveTime::MIN).and_utc()
    }

    /// The first instant that is no longer in it.
    pub fn end(self) -> DateTime<Utc> {
        (self.0 + Months::new(1)).and_time(chrono::NaiveTime::MIN).and_utc()
    }

    /// The starts of its hours.
    pub fn hours(self) -> impl Iterator<Item = DateTime<Utc>> {
        let count = (self.end() - self.start()).num_hours();
        (0..count).map(move |hour| self.start() + TimeDelta::hours(hour))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}
