//! The estimate of a month against Kill Bill's lines for it.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::domain::estimate::{Ahead, Metered, Pricing, parts, rated};
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::route::Routing;
use nodeconductor_billing::domain::timeline::Timeline;
use rust_decimal::Decimal;

use super::compare::{Key, seen};
use super::play::Played;
use super::story::{PLAN, UNITS, begins, calendar};

/// A month whose estimate is not what Kill Bill invoiced for it.
pub fn difference(played: &Played) -> Option<String> {
    if played.timeline.failing().is_some() || played.story.shape.period != "MONTHLY" {
        return None;
    }
    let months = (0..4).map(|number| Month::containing(begins() + TimeDelta::days(31 * number)));
    let lines = seen(&played.timeline, &played.charged, calendar().over());
    months
        .filter_map(|month| Some((month, keys(played, month)?)))
        .find_map(|(month, keys)| {
            let own = lines.iter().filter(|(key, _)| keys.contains(key));
            let invoiced = own.map(|(_, amount)| *amount).sum::<Decimal>().normalize();
            let estimate = estimate(played, month);
            let text = || format!("estimate of {}: {estimate}, invoiced: {invoiced}\n", month.first_day());
            (estimate != invoiced).then(text)
        })
}

/// The lines of a month that can be compared: the windows that begin in it, on the account's own days, are over, and each has
/// one line. A late line is rounded by itself, after the estimate.
fn keys(played: &Played, month: Month) -> Option<BTreeSet<Key>> {
    let windows = UNITS
        .iter()
        .flat_map(|unit| timeline(played).windows_of_month(unit, month));
    let mut keys = BTreeSet::new();
    for window in windows {
        if window.until > calendar().over() {
            return None;
        }
        keys.insert((window.section.usage.clone(), window.first_day, window.end_day));
    }
    let lines = |key: &Key| {
        played
            .charged
            .iter()
            .filter(|line| line.key == *key && !line.amount.is_zero())
            .count()
    };
    (month.end() < calendar().over() && keys.iter().all(|key| lines(key) <= 1)).then_some(keys)
}

/// As `db::estimates::metered` feeds it, from what is kept.
fn estimate(played: &Played, month: Month) -> Decimal {
    let metered: Vec<Metered> = UNITS.iter().filter_map(|unit| metered(played, unit, month)).collect();
    let routing = Routing::new(
        Vec::new(),
        std::collections::BTreeMap::new(),
        played.story.currency,
        Vec::new(),
    );
    let ahead = Ahead {
        now: calendar().over(),
        month_end: month.end(),
        resource_end: None,
    };
    rated(&metered, Pricing::new(&routing, played.given.tenant), ahead)
        .consumed
        .normalize()
}

fn metered(played: &Played, unit: &str, month: Month) -> Option<Metered> {
    let own = played
        .posted
        .iter()
        .map(|posted| &posted.used)
        .filter(|used| used.unit == unit);
    let hours: Vec<(DateTime<Utc>, Decimal)> = own
        .map(|used| (Hour::containing(used.hour).start(), used.amount))
        .collect();
    let inside = |from: DateTime<Utc>, until: DateTime<Utc>| {
        let of_part = hours.iter().filter(move |(hour, _)| from <= *hour && *hour < until);
        of_part.map(|(_, amount)| *amount).sum::<Decimal>()
    };
    let mut parts = parts(timeline(played), unit, month);
    for part in &mut parts {
        part.quantity = inside(part.hours.0, part.hours.1);
    }
    let bounds = (parts.first()?.hours.0, parts.last()?.hours.1);
    let own: Vec<DateTime<Utc>> = hours
        .iter()
        .map(|(hour, _)| *hour)
        .filter(|hour| bounds.0 <= *hour && *hour < bounds.1)
        .collect();
    Some(Metered {
        meter: unit.to_owned(),
        plan: Some(PLAN.to_owned()),
        unit: Some(unit.to_owned()),
        parts: Some(parts),
        factor: Decimal::ONE,
        quantity: inside(bounds.0, bounds.1),
        records: own.len().try_into().unwrap(),
        first_hour: own.iter().min().copied()?,
        last_hour: own.iter().max().copied()?,
    })
}

fn timeline(played: &Played) -> &Timeline {
    &played.timeline
}
