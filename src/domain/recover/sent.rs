//! Under which tracking id records were sent by a ledger that was lost: the id itself says when they began, how many they
//! were, and by its digest which.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::delivery::{Entry, tracking_id};
use crate::domain::hour::Hour;

/// A record as some delivery carried it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub meter_id: i16,
    pub meter: String,
    pub hour: Hour,
    pub revision: i16,
    pub delta: Decimal,
}

/// Meters whose combinations are tried: more were never sent one by one.
const MOST_METERS: usize = 8;

/// The first hour and the number of records that a tracking id of this service tells; None for anybody else's.
#[must_use]
pub fn begins(tracking_id: &str) -> Option<(DateTime<Utc>, usize)> {
    let (first, rest) = tracking_id.split_at_checked(13)?;
    let mut parts = rest.strip_prefix(':')?.split(':');
    let (count, digest) = (parts.next()?, parts.next()?);
    let at = NaiveDateTime::parse_from_str(&format!("{first}:00"), "%Y-%m-%dT%H:%M").ok()?;
    let ours = digest.len() == 32 && parts.next().is_none();
    ours.then_some((at.and_utc(), count.parse().ok()?))
}

/// Which of the subscription's `rows` went out under that tracking id; None when no part of them fits. A delivery takes what waits in the order of
/// hours, meters and revisions, so it is a run of them, or of those of some of the meters.
#[must_use]
pub fn sent_as<'r>(id: &str, subscription: &str, rows: &'r [Sent]) -> Option<Vec<&'r Sent>> {
    let (first, count) = begins(id)?;
    let mut order: Vec<&Sent> = rows.iter().collect();
    order.sort_by_key(|row| (row.hour, row.meter_id, row.revision));
    combinations(rows).into_iter().find_map(|meters| {
        let of_meters = order.iter().copied().filter(|row| meters.contains(&row.meter_id));
        let some: Vec<&Sent> = of_meters.collect();
        let begins_there = |run: &&[&Sent]| run.first().is_some_and(|row| row.hour.start() == first);
        let mut runs = some.windows(count.max(1)).filter(begins_there);
        runs.find(|run| name(subscription, run) == id).map(<[&Sent]>::to_vec)
    })
}

fn name(subscription: &str, run: &[&Sent]) -> String {
    let entries = run.iter().map(|row| Entry {
        meter: &row.meter,
        hour: row.hour,
        revision: row.revision,
        delta: row.delta,
    });
    tracking_id(subscription, &entries.collect::<Vec<_>>())
}

/// Every combination of the rows' meters, all of them first.
fn combinations(rows: &[Sent]) -> Vec<BTreeSet<i16>> {
    let meters: BTreeSet<i16> = rows.iter().map(|row| row.meter_id).collect();
    let mut all = vec![meters.clone()];
    if meters.len() <= MOST_METERS {
        let chosen = |bits: u32| {
            let kept = meters.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
            kept.map(|(_, meter)| *meter).collect()
        };
        all.extend((1..(1_u32 << meters.len()) - 1).map(chosen));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Sent> {
        let hour = |n: i64| {
            Hour::containing(
                DateTime::<Utc>::UNIX_EPOCH + chrono::TimeDelta::days(20_000) + chrono::TimeDelta::hours(n),
            )
        };
        let row = |hour, meter_id: i16| Sent {
            meter_id,
            meter: format!("meter {meter_id}"),
            hour,
            revision: 1,
            delta: Decimal::from(meter_id),
        };
        (0..4)
            .flat_map(|n| [1, 2, 3].map(|meter| row(hour(n), meter)))
            .collect()
    }

    #[test]
    fn a_run_of_hours_or_of_some_meters_is_found_by_its_name() {
        let rows = rows();
        for sent in [
            vec![3, 4, 5],
            (0..12).collect(),
            vec![4, 5, 6, 7],
            vec![0, 3, 6, 9],
            vec![1, 2, 4, 5],
        ] {
            let sent: Vec<&Sent> = sent.into_iter().map(|index: usize| &rows[index]).collect();
            assert_eq!(sent_as(&name("vm:plan", &sent), "vm:plan", &rows), Some(sent));
        }
    }

    #[test]
    fn others_names_and_other_content_are_not_taken_for_it() {
        let mut rows = rows();
        let id = name("vm:plan", &[&rows[3], &rows[4], &rows[5]]);
        assert_eq!(sent_as(&id, "other:plan", &rows), None);
        rows[4].delta = Decimal::TEN;
        assert_eq!(sent_as(&id, "vm:plan", &rows), None);
        for foreign in [
            "",
            "somebody else",
            "2026-01-01T10",
            "2026-01-01T10:24:abc",
            "é2026-01-01T1:1:00",
        ] {
            assert_eq!(begins(foreign), None, "{foreign}");
        }
    }
}
