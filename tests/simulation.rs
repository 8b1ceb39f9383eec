//! A hundred seeds of the simulation; `dev/simulate` runs as many as you like, and shows any of them step by step.

mod support {
    pub mod catalog;
    pub mod database;
    pub mod gate;
    pub mod killbill_model;
    pub mod postgres_line;
    pub mod simulation;
    pub mod sources;
}

use std::sync::Mutex;

use support::simulation::ground::Ground;
use support::simulation::hunt::{self, Hunt};
use support::simulation::mistakes::Mistake;
use support::sources;

/// In the default test run; on two cores they take some two minutes.
const SEEDS: u64 = 100;

#[test]
fn seeds_lose_and_double_nothing() {
    let bad = Mutex::new(Vec::new());
    let hunt = Hunt {
        first: 1,
        seeds: SEEDS,
        mistake: None,
        workers: 2,
    };
    hunt.run(&|outcome| {
        let is_well = outcome.wrong.is_empty();
        if !is_well {
            bad.lock().unwrap().push(outcome.report());
        }
        is_well
    });
    assert!(bad.lock().unwrap().is_empty(), "{}", bad.lock().unwrap().join("\n\n"));
}

#[tokio::test]
async fn one_number_gives_one_run() {
    let ground = Ground::prepare(None).await;
    for seed in [3, 14, 15, 92] {
        let [first, second] = [
            hunt::run(&ground, seed, None).await,
            hunt::run(&ground, seed, None).await,
        ];
        assert_eq!(first.transcript, second.transcript);
    }
}

/// Or a mistake would be none any more, and nobody could find it.
#[test]
fn what_the_mistakes_change_stands_in_the_service() {
    let sources = sources::files("src/db").into_iter();
    let texts: Vec<String> = sources
        .map(|file| std::fs::read_to_string(file).expect("our own sources"))
        .collect();
    for text in Mistake::looked_for() {
        assert!(
            texts.iter().any(|source| source.contains(text)),
            "no statement has: {text}"
        );
    }
}

/// Those that are found within a few seeds; `dev/simulate --mistake all` shows that all of them are found.
const FOUND_SOON: [&str; 8] = [
    "neighbour-month",
    "superseded-sent",
    "settled-before-answer",
    "not-written-down",
    "no-lease",
    "no-read-back",
    "two-in-flight",
    "watermark-early",
];

#[test]
fn deliberate_mistakes_are_found() {
    for word in FOUND_SOON {
        let found = Mutex::new(false);
        let hunt = Hunt {
            first: 1,
            seeds: 60,
            mistake: Mistake::named(word),
            workers: 2,
        };
        hunt.run(&|outcome| {
            *found.lock().unwrap() |= !outcome.wrong.is_empty();
            !*found.lock().unwrap()
        });
        assert!(*found.lock().unwrap(), "{word} was not found");
    }
}
