//! What to make of usage that Kill Bill holds and the ledger does not know to be there: a backup of the ledger was
//! restored, and what was delivered since is only in Kill Bill's books. Pure: sums of one hour and unit in, ruling out.

mod sent;

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

use super::hour::Hour;
use super::reconcile::DiscrepancyKind;

pub use sent::{Sent, begins, sent_as};

/// One hour of one unit in the books of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub hour: Hour,
    pub unit: String,
}

/// Sums by hour and unit; a spot that is absent has nothing.
pub type Hourly = BTreeMap<Spot, Decimal>;

/// A revision of a record in an hour that no delivery carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub meter_id: i16,
    pub revision: i16,
    /// What Kill Bill holds more when this was the last revision that reached it. In Kill Bill's unit.
    pub amount: Decimal,
}

/// What to do with the records that wait in one hour of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Kill Bill holds nothing beyond what is booked: they are sent.
    Send,
    /// Kill Bill holds exactly these, by index; the others are sent.
    Adopt(Vec<usize>),
    /// Kill Bill holds something else: a person decides.
    Differs,
}

/// How an hour differs when nothing explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubtful {
    /// The ledger has no record of the hour at all.
    OnlyInKillBill,
    /// It has, but they come to something else.
    Differs,
}

impl Doubtful {
    /// The kind of discrepancy that it is.
    #[must_use]
    pub const fn kind(self) -> DiscrepancyKind {
        match self {
            Self::OnlyInKillBill => DiscrepancyKind::OnlyInKillBill,
            Self::Differs => DiscrepancyKind::DiffersFromKillBill,
        }
    }
}

/// Ways to explain an hour that are tried before a person is asked. Several meters rarely share a unit.
const MOST_WAYS: usize = 4096;

/// Decides by what Kill Bill holds `beyond` what is booked. Of each meter at most one revision can be what reached Kill Bill
/// last; the latest is tried first. Which of two equal records was found does not matter: the sum is the same.
#[must_use]
pub fn rule(beyond: Decimal, candidates: &[Candidate]) -> Ruling {
    if beyond.is_zero() {
        return Ruling::Send;
    }
    let mut meters: BTreeMap<i16, Vec<(usize, &Candidate)>> = BTreeMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        meters.entry(candidate.meter_id).or_default().push((index, candidate));
    }
    let mut ways: Vec<(Decimal, Vec<usize>)> = vec![(Decimal::ZERO, Vec::new())];
    for revisions in meters.values_mut() {
        revisions.sort_by_key(|(_, candidate)| -candidate.revision);
        if ways.len() * (revisions.len() + 1) > MOST_WAYS {
            return Ruling::Differs;
        }
        ways = extended(&ways, revisions);
    }
    match ways.into_iter().find(|(sum, _)| *sum == beyond) {
        Some((_, found)) => Ruling::Adopt(found),
        None => Ruling::Differs,
    }
}

/// Every way so far with each of a meter's revisions, and without any.
fn extended(ways: &[(Decimal, Vec<usize>)], revisions: &[(usize, &Candidate)]) -> Vec<(Decimal, Vec<usize>)> {
    let with = |(sum, found): &(Decimal, Vec<usize>), (index, candidate): (usize, &Candidate)| {
        let mut found = found.clone();
        found.push(index);
        (sum + candidate.amount, found)
    };
    ways.iter()
        .flat_map(|way| {
            let one_more = revisions.iter().map(|revision| with(way, *revision));
            one_more.chain([way.clone()]).collect::<Vec<_>>()
        })
        .collect()
}

/// What `seen` has more than `booked` where they differ; negative where it has less.
#[must_use]
pub fn beyond<K: Ord + Clone>(seen: &BTreeMap<K, Decimal>, booked: &BTreeMap<K, Decimal>) -> BTreeMap<K, Decimal> {
    let keys = seen.keys().chain(booked.keys());
    let at = |sums: &BTreeMap<K, Decimal>, key| sums.get(key).copied().unwrap_or_default();
    keys.map(|key| (key.clone(), (at(seen, key) - at(booked, key)).normalize()))
        .filter(|(_, difference)| !difference.is_zero())
        .collect()
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.unit, self.hour)
    }
}

#[cfg(test)]
mod tests;
