//! The stretch of time that Kill Bill rates as one: a usage section between two boundaries of its billing period, cut where
//! its terms begin or end. An invoice line is one window; blocks and tiers start anew in each.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::cycle::Cycle;
use super::{Rate, Section, Span, Timeline};
use crate::domain::hour::Hour;
use crate::domain::month::Month;
use crate::domain::price::Tier;

/// What one line of an invoice is about. Borrowed from its timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<'t> {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// The line's own dates, in the account's zone.
    pub first_day: NaiveDate,
    pub end_day: NaiveDate,
    pub span: &'t Span,
    pub section: &'t Section,
}

impl<'t> Window<'t> {
    /// Whether a record of the hour counts in it.
    #[must_use]
    pub fn contains(&self, hour: Hour) -> bool {
        (self.from..self.until).contains(&hour.stamp())
    }

    /// From which and up to which hour records count in it.
    #[must_use]
    pub fn hours(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (
            Hour::first_stamped_from(self.from),
            Hour::first_stamped_from(self.until),
        )
    }

    /// What a unit is rated by in it.
    #[must_use]
    pub fn rate(&self, unit: &str) -> Option<Rate<'t>> {
        let tiers: &'t [Tier] = self.section.tiers(unit)?;
        Some(Rate {
            policy: self.section.policy,
            tiers,
        })
    }
}

impl Timeline {
    /// The window that rates `unit` in `hour`; none where it is not billed.
    #[must_use]
    pub fn window(&self, unit: &str, hour: Hour) -> Option<Window<'_>> {
        let instant = hour.stamp();
        self.windows_by(instant, instant, |section| section.tiers(unit).is_some())
            .into_iter()
            .next()
    }

    /// All windows that price `unit` and touch `[from, until)`, in their order.
    #[must_use]
    pub fn windows(&self, unit: &str, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Window<'_>> {
        self.windows_by(from, until, |section| section.tiers(unit).is_some())
    }

    /// Those that begin in the month, on the account's own days.
    #[must_use]
    pub fn windows_of_month(&self, unit: &str, month: Month) -> Vec<Window<'_>> {
        // A day of the account may lie in another month by UTC.
        let near = (month.start() - TimeDelta::days(1), month.end() + TimeDelta::days(1));
        let mut windows = self.windows(unit, near.0, near.1);
        windows.retain(|window| Month::of(window.first_day) == month);
        windows
    }

    /// The windows of a section, by its name, that touch `[from, until)`.
    #[must_use]
    pub fn windows_of_usage(&self, usage: &str, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Window<'_>> {
        self.windows_by(from, until, |section| section.usage == usage)
    }

    /// Whether another window of the section lies inside the same day. Kill Bill tells lines by their dates: it takes both for
    /// one, and fails when it looks at them again (`getBilledItems`).
    #[must_use]
    pub fn shares_its_day(&self, window: &Window<'_>) -> bool {
        let dates = (window.first_day, window.end_day);
        if dates.0 != dates.1 {
            return false;
        }
        let day = (
            self.account.start_of(dates.0),
            self.account.start_of(dates.0) + TimeDelta::days(1),
        );
        let all = self.windows_of_usage(&window.section.usage, day.0, day.1);
        all.iter()
            .filter(|other| (other.first_day, other.end_day) == dates)
            .count()
            > 1
    }

    /// Where the first window that touches the month begins, whatever it rates; the month's start where there is none.
    #[must_use]
    pub fn earliest_window(&self, month: Month) -> DateTime<Utc> {
        let all = self.spans.iter().flat_map(|span| &span.sections);
        let usages: BTreeSet<&str> = all.map(|section| section.usage.as_str()).collect();
        let first = |usage: &&str| Some(self.windows_of_usage(usage, month.start(), month.end()).first()?.from);
        usages.iter().filter_map(first).min().unwrap_or(month.start())
    }

    fn windows_by(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        wanted: impl Fn(&Section) -> bool,
    ) -> Vec<Window<'_>> {
        let touches = |start: DateTime<Utc>, end: Option<DateTime<Utc>>| {
            end.is_none_or(|end| from < end) && (start < until || start <= from)
        };
        let mut found = Vec::new();
        for (index, span) in self.spans.iter().enumerate() {
            let Some(section) = span.sections.iter().find(|section| !span.paused && wanted(section)) else {
                continue;
            };
            if !touches(span.from, span.until) {
                continue;
            }
            let edges = self.edges(index, section, from.max(span.from), until.max(from));
            let pairs = edges.iter().zip(edges.iter().skip(1));
            let own = pairs.filter(|(start, end)| touches(**start, Some(**end)));
            // A window that begins in an earlier span of the same section was found there, if it was asked for.
            let fresh = own.filter(|(start, _)| found.last().is_none_or(|last: &Window<'_>| last.from < **start));
            let fresh: Vec<Window<'_>> = fresh.map(|(start, end)| self.of(*start, *end, span, section)).collect();
            found.extend(fresh);
        }
        found
    }

    /// `own` is a span of the window.
    fn of<'t>(&'t self, from: DateTime<Utc>, until: DateTime<Utc>, own: &'t Span, section: &'t Section) -> Window<'t> {
        let span = self.spans.iter().find(|span| span.until.is_none_or(|end| from < end));
        Window {
            from,
            until,
            first_day: self.account.day_of(from),
            end_day: self.account.day_of(until),
            span: span.unwrap_or(own),
            section,
        }
    }

    /// The boundaries around `[from, until]` of the section that goes through the span: where its terms begin, each billing
    /// day, where they end.
    fn edges(&self, index: usize, section: &Section, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let same = |[one, next]: &&[Span; 2]| one.goes_on(next, &section.usage);
        let pairs = self.spans.array_windows();
        let before = pairs.clone().take(index).rev().take_while(same).count();
        let after = pairs.skip(index).take_while(same).count();
        let stretch = self.spans.iter().skip(index - before).take(before + 1 + after);
        let stretch: Vec<&Span> = stretch.collect();
        let mut edges: Vec<DateTime<Utc>> = stretch.first().map(|first| first.from).into_iter().collect();
        for span in &stretch {
            self.billing_days(span, section, from, until, &mut edges);
        }
        let end = stretch.last().and_then(|last| last.until);
        edges.extend(end.filter(|end| edges.last().is_some_and(|last| last < end)));
        edges
    }

    fn billing_days(
        &self,
        span: &Span,
        section: &Section,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        edges: &mut Vec<DateTime<Utc>>,
    ) {
        let Some(period) = section.period else { return };
        let cycle = Cycle::new(self.account.day_of(span.from), span.bill_cycle_day, period);
        let near = span.until.map_or(from, |end| end.min(from));
        for number in cycle.before(self.account.day_of(near)).. {
            let day = cycle.boundary(number);
            // A period that begins on the first day begins with its first instant.
            let edge = self.account.start_of(day).max(span.from);
            if span.until.is_some_and(|end| edge >= end) {
                return;
            }
            if edges.last().is_none_or(|last| *last < edge) {
                edges.push(edge);
            }
            if edge > until || day == NaiveDate::MAX {
                return;
            }
        }
    }
}
