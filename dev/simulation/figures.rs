//! What a hunt came to.

use std::fmt;
use std::time::Instant;

use sha2::{Digest, Sha256};

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
    /// Of all transcripts, whatever the order in which they came.
    fingerprint: u64,
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
            fingerprint: 0,
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
        self.fingerprint ^= fingerprint(outcome);
    }
}

/// The same for the same story, on every machine.
fn fingerprint(outcome: &Outcome) -> u64 {
    let story = format!("{}\n{}", outcome.seed, outcome.transcript.join("\n"));
    let digest = Sha256::digest(story.as_bytes());
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds in {} s: {} with something wrong. {} steps, {} faults, {} processes killed; {} records acknowledged, {} deliveries written by Kill Bill. \
             Fingerprint of the transcripts: {:016x}.",
            self.seeds,
            self.begun.elapsed().as_secs(),
            self.bad,
            self.steps,
            self.faults,
            self.deaths,
            self.records,
            self.posts,
            self.fingerprint,
        )
    }
}
