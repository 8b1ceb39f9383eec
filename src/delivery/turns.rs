//! Whose turn it is in a pass, so that nobody's trouble costs the others more than its share: customers take turns, and one
//! for whom Kill Bill gave no answer several times waits for the next pass. When nobody gets any, Kill Bill is away.

use std::collections::{HashMap, VecDeque};

use super::Report;
use crate::db::outbox::Candidate;

/// Resources of one customer that may meet silence in a pass: each may cost several timeouts.
const OF_A_CUSTOMER: u32 = 3;
/// Resources in a row that met nothing but silence: more than all the workers have in hand.
const IN_A_ROW: u32 = 20;

/// The resources of a pass that had no turn yet.
#[derive(Debug)]
pub(super) struct Turns {
    waiting: VecDeque<Candidate>,
    silent: HashMap<i64, u32>,
    in_a_row: u32,
}

impl Turns {
    /// In the order in which they were found.
    pub(super) fn of(candidates: Vec<Candidate>) -> Self {
        Self {
            waiting: candidates.into(),
            silent: HashMap::new(),
            in_a_row: 0,
        }
    }

    /// The next resource that may have a turn.
    pub(super) fn next(&mut self) -> Option<Candidate> {
        loop {
            let next = self.waiting.pop_front()?;
            if self.silent.get(&next.customer_id).copied().unwrap_or(0) < OF_A_CUSTOMER {
                return Some(next);
            }
        }
    }

    /// What became of one.
    pub(super) fn had(&mut self, candidate: Candidate, report: &Report) {
        if report.silent > 0 {
            *self.silent.entry(candidate.customer_id).or_default() += 1;
            self.in_a_row += 1;
        } else if report.resources > 0 {
            self.in_a_row = 0;
        }
    }

    /// Whether it is Kill Bill itself, and not one of them.
    pub(super) const fn is_kill_bill_away(&self) -> bool {
        self.in_a_row >= IN_A_ROW
    }

    /// How many had no turn.
    pub(super) fn left(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(customers: &[i64]) -> Turns {
        let candidate = |(id, customer_id): (i64, &i64)| Candidate {
            id,
            customer_id: *customer_id,
        };
        Turns::of((0..).zip(customers).map(candidate).collect())
    }

    fn report(silent: u64) -> Report {
        Report {
            resources: 1,
            silent,
            ..Report::default()
        }
    }

    #[test]
    fn a_customer_whose_resources_get_no_answer_waits_and_the_others_do_not() {
        let mut turns = turns(&[1, 2, 1, 2, 1, 2, 1, 2]);
        let mut had = Vec::new();
        while let Some(next) = turns.next() {
            turns.had(next, &report(u64::from(next.customer_id == 1)));
            had.push(next.id);
        }
        assert_eq!(had, [0, 1, 2, 3, 4, 5, 7]);
        assert!(!turns.is_kill_bill_away());
    }

    #[test]
    fn when_nobody_gets_an_answer_kill_bill_is_away() {
        let customers: Vec<i64> = (0..40).collect();
        let mut turns = turns(&customers);
        let mut asked = 0;
        while let Some(next) = turns.next()
            && !turns.is_kill_bill_away()
        {
            turns.had(next, &report(1));
            asked += 1;
        }
        assert_eq!(asked, 20);
    }
}
