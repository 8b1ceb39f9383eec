//! When billing of a resource's plan begins: with its own start when it is known, else with the first hour that consumes.
//! Pure. A subscription that began elsewhere, because an hour was wrong, may be replaced as long as nothing was billed.

use chrono::{DateTime, Utc};

use super::hour::Hour;
use super::month::Month;
use super::reach::Reach;

/// What is known of the beginning of a resource's plan.
#[derive(Clone, Copy, Debug)]
pub struct Beginning {
    /// What was registered.
    pub started_at: Option<DateTime<Utc>>,
    /// The first hour that consumes; none = nothing does.
    pub first_hour: Option<DateTime<Utc>>,
    /// Whether the plan costs something by itself.
    pub recurring: bool,
}

impl Beginning {
    /// When billing begins; none while nothing is consumed and no start is known. Without a known start a plan of usage only
    /// starts with its first month, so that hours that arrive out of order are still billable; a plan with a recurring price
    /// starts with its first hour. No start lies further back than an hour may, unless such an hour was let go.
    #[must_use]
    pub fn billing_start(self, reach: Reach) -> Option<DateTime<Utc>> {
        let Some(at) = self.started_at else {
            let month = |hour| Month::containing(hour).start();
            return self
                .first_hour
                .map(|hour| if self.recurring { hour } else { month(hour) });
        };
        let oldest = Hour::containing(reach.oldest).end();
        let oldest = self.first_hour.map_or(oldest, |first| first.min(oldest));
        Some(Hour::containing(at).start().max(oldest))
    }

    /// Whether a subscription that begins at `start` has to begin elsewhere: its first hours would be held, it waits for a day
    /// far ahead, or it costs something for a time in which nothing was there.
    #[must_use]
    pub fn is_misplaced(self, start: DateTime<Utc>, reach: Reach) -> bool {
        let costs = self.recurring || start > reach.newest;
        self.billing_start(reach)
            .map_or(costs, |right| right < start || costs && right != start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reach::Limits;
    use chrono::TimeDelta;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn reach() -> Reach {
        Limits::default().around(at("2026-03-20T12:00:00Z"), TimeDelta::zero())
    }

    fn beginning(started_at: Option<&str>, first_hour: Option<&str>, recurring: bool) -> Beginning {
        Beginning {
            started_at: started_at.map(at),
            first_hour: first_hour.map(at),
            recurring,
        }
    }

    #[test]
    fn the_known_start_wins_then_the_first_hour_that_consumes() {
        let start = |started_at, first, recurring| beginning(started_at, first, recurring).billing_start(reach());
        let hour = Some("2026-03-05T07:00:00Z");
        assert_eq!(
            start(Some("2026-03-01T10:20:00Z"), hour, true),
            Some(at("2026-03-01T10:00:00Z"))
        );
        assert_eq!(start(None, hour, true), Some(at("2026-03-05T07:00:00Z")));
        assert_eq!(start(None, hour, false), Some(at("2026-03-01T00:00:00Z")));
        assert_eq!(start(None, None, false), None);
        assert_eq!(
            start(Some("2001-01-01T00:00:00Z"), hour, true),
            Some(at("2025-02-13T13:00:00Z"))
        );
    }

    #[test]
    fn a_subscription_is_misplaced_when_it_holds_hours_or_costs_for_nothing() {
        let misplaced = |start, first, recurring| beginning(None, first, recurring).is_misplaced(at(start), reach());
        let hour = Some("2026-03-05T07:00:00Z");
        assert!(misplaced("2062-01-01T00:00:00Z", hour, false));
        assert!(misplaced("2062-01-01T00:00:00Z", None, false));
        assert!(misplaced("2026-03-02T00:00:00Z", hour, true), "a fee for three days");
        assert!(misplaced("2026-03-02T00:00:00Z", None, true), "a fee for nothing");
        assert!(
            !misplaced("2026-02-01T00:00:00Z", hour, false),
            "an empty month costs nothing"
        );
        assert!(!misplaced("2026-02-01T00:00:00Z", None, false));
        assert!(!misplaced("2026-03-05T07:00:00Z", hour, true));
    }
}
