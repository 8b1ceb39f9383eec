//! The hour: the half-open interval `[10:00, 11:00)` in UTC by which everything is metered.

use std::fmt;

use chrono::{DateTime, DurationRound, FixedOffset, TimeDelta, TimeZone, Timelike, Utc};

/// The first instant of an hour, proven to be on the hour and inside the ledger's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(DateTime<Utc>);

/// Why an instant is not an hour of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HourError {
    #[error("is not an instant such as 2026-01-01T10:00:00Z, with Z or an offset")]
    NotAnInstant,
    #[error("is not on the hour: minutes and seconds must be zero")]
    NotOnTheHour,
    #[error("lies outside the years 2000 to 2099")]
    OutOfRange,
}

impl HourError {
    /// The code in a push's verdict.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnInstant => "invalid",
            Self::NotOnTheHour => "not_on_the_hour",
            Self::OutOfRange => "out_of_range",
        }
    }
}

impl Hour {
    /// The hour that begins at `instant`.
    ///
    /// # Errors
    /// When the instant is not on the hour, or outside the years 2000 to 2099 (the ledger's partitions).
    pub fn new(instant: DateTime<Utc>) -> Result<Self, HourError> {
        if instant.minute() != 0 || instant.second() != 0 || instant.nanosecond() != 0 {
            return Err(HourError::NotOnTheHour);
        }
        let years =
            Utc.with_ymd_and_hms(2000, 1, 1, 0, 0, 0).unwrap()..Utc.with_ymd_and_hms(2100, 1, 1, 0, 0, 0).unwrap();
        if years.contains(&instant) {
            Ok(Self(instant))
        } else {
            Err(HourError::OutOfRange)
        }
    }

    /// Reads RFC 3339 with `Z` or an offset.
    ///
    /// # Errors
    /// When the text is not such an instant, or [`Hour::new`] refuses it.
    pub fn parse(text: &str) -> Result<Self, HourError> {
        let instant: DateTime<FixedOffset> = text.parse().map_err(|_| HourError::NotAnInstant)?;
        Self::new(instant.to_utc())
    }

    /// The hour that contains `instant`.
    #[must_use]
    pub fn containing(instant: DateTime<Utc>) -> Self {
        Self(instant.duration_trunc(TimeDelta::hours(1)).unwrap_or(instant))
    }

    /// The first instant.
    #[must_use]
    pub const fn start(self) -> DateTime<Utc> {
        self.0
    }

    /// The first instant after it.
    #[must_use]
    pub fn end(self) -> DateTime<Utc> {
        self.0 + TimeDelta::hours(1)
    }

    /// The instant that stands for the hour in Kill Bill: its middle, so that neither a billing start at the hour's
    /// first instant nor a cancellation at its end can shut it out (killbill.md 4.5, 13.3).
    #[must_use]
    pub fn stamp(self) -> DateTime<Utc> {
        self.0 + TimeDelta::minutes(30)
    }

    /// When the first hour begins whose stamp lies at or after `instant`.
    #[must_use]
    pub fn first_stamped_from(instant: DateTime<Utc>) -> DateTime<Utc> {
        let hour = Self::containing(instant);
        if hour.stamp() >= instant {
            hour.start()
        } else {
            hour.end()
        }
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_turned_into_utc() {
        assert_eq!(
            Hour::parse("2026-01-01T12:00:00+02:00").unwrap().to_string(),
            "2026-01-01T10:00:00Z"
        );
    }

    #[test]
    fn what_is_not_an_hour_is_named() {
        assert_eq!(Hour::parse("yesterday"), Err(HourError::NotAnInstant));
        assert_eq!(Hour::parse("2026-01-01T10:00:00"), Err(HourError::NotAnInstant));
        assert_eq!(Hour::parse("2026-01-01T10:00:01Z"), Err(HourError::NotOnTheHour));
        assert_eq!(Hour::parse("2026-01-01T10:00:00+05:30"), Err(HourError::NotOnTheHour));
        assert_eq!(Hour::parse("1999-12-31T23:00:00Z"), Err(HourError::OutOfRange));
        assert_eq!(Hour::parse("2100-01-01T00:00:00Z"), Err(HourError::OutOfRange));
    }
}
