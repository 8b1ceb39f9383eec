//! The estimate of a month against Kill Bill's lines for it.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::domain::estimate::{Metered, Pricing, parts, rated};
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

/// The lines of a month that can be compared: its windows end with it, and each has one line. A late line is rounded by
/// itself, after the estimate.
fn keys(played: &Played, month: Month) -> Option<BTreeSet<Key>> {
    let windows = UNITS
        .iter()
        .flat_map(|unit| timeline(played).windows(unit, month.start(), month.end()));
    let mut keys = BTreeSet::new();
    for window in windows {
        if window.from < month.start() || window.until > month.end() {
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
    let over = month.end() < calendar().over();
    (over && keys.iter().all(|key| lines(key) <= 1)).then_some(keys)
}

/// As `db::estimates::facts` feeds it, from what is kept.
fn estimate(played: &Played, month: Month) -> Decimal {
    let metered: Vec<Metered> = UNITS.iter().filter_map(|unit| metered(played, unit, month)).collect();
    let routing = Routing::new(
        Vec::new(),
        std::collections::BTreeMap::new(),
        played.story.currency,
        Vec::new(),
    );
    rated(&metered, Pricing::new(&routing), None).consumed.normalize()
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
    let in_month = hours
        .iter()
        .filter(|(hour, _)| month.start() <= *hour && *hour < month.end());
    let (first, last) = in_month
        .clone()
        .fold(None, |bounds: Option<(DateTime<Utc>, DateTime<Utc>)>, (hour, _)| {
            bounds.map_or(Some((*hour, *hour)), |(first, last)| {
                Some((first.min(*hour), last.max(*hour)))
            })
        })?;
    let mut parts = parts(timeline(played), unit, month);
    for part in &mut parts {
        part.quantity = inside(part.hours.0, part.hours.1);
    }
    Some(Metered {
        meter: unit.to_owned(),
        plan: Some(PLAN.to_owned()),
        unit: Some(unit.to_owned()),
        parts: Some(parts),
        factor: Decimal::ONE,
        quantity: inside(month.start(), month.end()),
        records: in_month.count().try_into().unwrap(),
        first_hour: first,
        last_hour: last,
    })
}

fn timeline(played: &Played) -> &Timeline {
    &played.timeline
}
