//! Where somebody blocks the billing: what is used meanwhile is never billed, and what follows begins a window of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Span, Subscribed, What};

/// Cuts the spans where somebody blocks the billing: nothing in between is ever billed, and what follows begins anew.
pub(super) fn cut(spans: Vec<Span>, subscribed: &Subscribed) -> Vec<Span> {
    let mut spans = spans;
    for (from, until) in blocks(subscribed) {
        spans = spans.into_iter().flat_map(|span| span.paused_in(from, until)).collect();
    }
    spans
}

impl Span {
    fn paused_in(self, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Vec<Self> {
        let end = |one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let before = Self {
            until: end(self.until, Some(from)),
            ..self.clone()
        };
        let inside = Self {
            from: self.from.max(from),
            until: end(self.until, until),
            paused: true,
            ..self.clone()
        };
        let after = until.map(|until| Self {
            from: self.from.max(until),
            ..self
        });
        let parts = [Some(before), Some(inside), after].into_iter().flatten();
        parts
            .filter(|part| part.until.is_none_or(|until| part.from < until))
            .collect()
    }
}

/// When the billing is blocked, by whomever. What one service blocks for less than a day Kill Bill bills all the same
/// (`BlockingStateService.addDisabledDuration`).
fn blocks(subscribed: &Subscribed) -> Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> {
    let (mut since, mut found) = (BTreeMap::<&str, DateTime<Utc>>::new(), Vec::new());
    for event in &subscribed.events {
        let What::Block { service, blocked } = &event.what else {
            continue;
        };
        if *blocked {
            since.entry(service).or_insert(event.at);
        } else if let Some(from) = since.remove(service.as_str()) {
            found.extend((event.at - from >= TimeDelta::days(1)).then_some((from, Some(event.at))));
        }
    }
    found.extend(since.into_values().map(|from| (from, None)));
    found.sort_by_key(|(from, until)| (*from, until.is_none(), *until));
    found.dedup_by(|next, last| {
        let meet = last.1.is_none_or(|until| next.0 <= until);
        if meet {
            last.1 = last.1.zip(next.1).map(|(one, other)| one.max(other));
        }
        meet
    });
    found
}
