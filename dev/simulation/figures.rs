//! What a hunt came to.

use std::fmt;
use std::time::Instant;

use crate::support::simulation::hunt::Outcome;

pub struct Figures {
    begun: Instant,
    pub seeds: u64,
    pub bad: u64,
    pub bad_in_the_end: u64,
    steps: u64,
    records: u64,
    posts: u64,
    faults: u64,
    deaths: u64,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            seeds: 0,
            bad: 0,
            bad_in_the_end: 0,
            steps: 0,
            records: 0,
            posts: 0,
            faults: 0,
            deaths: 0,
        }
    }
}

impl Figures {
    pub fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.bad += u64::from(!outcome.wrong.is_empty());
        self.bad_in_the_end += u64::from(outcome.is_wrong_in_the_end());
        self.steps += outcome.steps;
        self.records += outcome.records;
        self.posts += outcome.posts;
        self.faults += outcome.faults;
        self.deaths += outcome.deaths;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds in {} s: {} with something wrong. {} steps, {} faults, {} processes killed; {} records acknowledged, {} deliveries written by Kill Bill.",
            self.seeds,
            self.begun.elapsed().as_secs(),
            self.bad,
            self.steps,
            self.faults,
            self.deaths,
            self.records,
            self.posts,
        )
    }
}
