//! When waiting hours travel to Kill Bill: a subscription's day together, once it is over and settled; sooner where a run of
//! invoices comes before that. Pure. Holds, estimates and evidence do not wait for it.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use super::timeline::Timeline;

/// What travels together (`delivery.window`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rhythm {
    /// A subscription's UTC day.
    #[default]
    Daily,
    /// Whatever has settled.
    Hourly,
}

/// Which settled hours may go, and when there will be more of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Hours that begin before it.
    pub before: DateTime<Utc>,
    /// By the later clock. None = what has settled may go at any time.
    pub next: Option<DateTime<Utc>>,
}

impl Due {
    /// Everything that has settled.
    pub const ALL: Self = Self {
        before: FAR,
        next: None,
    };

    /// What may go at `now`, the later of our clock and Kill Bill's. `way` is how long a request may be on its way.
    #[must_use]
    pub fn at(now: DateTime<Utc>, timeline: &Timeline, settle_after: TimeDelta, way: TimeDelta) -> Self {
        if !timeline.foresees_runs() {
            return Self::ALL;
        }
        let settled = now - settle_after;
        let today = settled.date_naive().and_time(NaiveTime::MIN).and_utc();
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(FAR);
        let coming = timeline.newest_run(tomorrow);
        let leaves_time = timeline.run_of(coming) >= coming + settle_after + way;
        let over = [today, timeline.newest_run(settled)];
        let hurry = (coming > settled && !leaves_time).then_some(coming);
        Self {
            before: over.into_iter().chain(hurry).max().unwrap_or(today),
            next: Some(if coming > settled { coming } else { tomorrow } + settle_after),
        }
    }
}

/// After all hours of the ledger.
const FAR: DateTime<Utc> = match DateTime::from_timestamp(253_370_764_800, 0) {
    Some(far) => far,
    None => DateTime::<Utc>::MAX_UTC,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::Versions;
    use crate::domain::timeline::{AccountTerms, Subscribed, TenantTerms};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn due(now: &str, account: &AccountTerms) -> (String, String) {
        let start = at("2026-01-01T00:00:00Z");
        let subscribed = Subscribed::new("machine", start);
        let timeline = Timeline::new(&Versions::new(Vec::new()), &subscribed, account, TenantTerms::default());
        let due = Due::at(at(now), &timeline, TimeDelta::minutes(10), TimeDelta::minutes(5));
        let text = |at: DateTime<Utc>| at.format("%d %H:%M").to_string();
        (text(due.before), due.next.map(text).unwrap_or_default())
    }

    #[test]
    fn a_day_goes_once_it_is_over_and_settled() {
        let ours = AccountTerms::ours("USD");
        assert_eq!(
            due("2026-03-10T14:00:00Z", &ours),
            ("10 00:00".into(), "11 00:10".into())
        );
        assert_eq!(
            due("2026-03-11T00:09:00Z", &ours),
            ("10 00:00".into(), "11 00:10".into())
        );
        assert_eq!(
            due("2026-03-11T00:10:00Z", &ours),
            ("11 00:00".into(), "12 00:10".into())
        );
        // The run of the month comes at 03:00: the last day is in time like any other.
        assert_eq!(
            due("2026-03-31T23:30:00Z", &ours),
            ("31 00:00".into(), "01 00:10".into())
        );
        assert_eq!(
            due("2026-04-01T00:10:00Z", &ours),
            ("01 00:00".into(), "02 00:10".into())
        );
    }

    #[test]
    fn what_a_run_in_the_middle_of_a_day_closes_goes_before_it() {
        let there = AccountTerms {
            bill_cycle_day: Some(17),
            utc_offset: -5 * 3600,
            reference_time: "13:37:00".parse().unwrap(),
            ..AccountTerms::ours("USD")
        };
        assert_eq!(
            due("2026-03-17T04:00:00Z", &there),
            ("17 00:00".into(), "17 05:10".into())
        );
        assert_eq!(
            due("2026-03-17T05:10:00Z", &there),
            ("17 05:00".into(), "18 00:10".into())
        );
        assert_eq!(
            due("2026-03-18T05:10:00Z", &there),
            ("18 00:00".into(), "19 00:10".into())
        );
    }

    #[test]
    fn hours_go_one_by_one_before_a_run_that_leaves_no_time_for_a_day() {
        let at_once = AccountTerms {
            reference_time: "00:00:30".parse().unwrap(),
            ..AccountTerms::ours("USD")
        };
        assert_eq!(due("2026-03-30T14:00:00Z", &at_once).0, "30 00:00");
        assert_eq!(due("2026-03-31T14:00:00Z", &at_once).0, "01 00:00");
        assert_eq!(due("2026-04-01T14:00:00Z", &at_once).0, "01 00:00");
    }
}
