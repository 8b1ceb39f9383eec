//! Some hundred seeds of the simulation (`dev/simulate` runs as many as you like).

mod support {
    pub mod catalog;
    pub mod database;
    pub mod gate;
    pub mod killbill_model;
    pub mod postgres_line;
    pub mod simulation;
}

use support::simulation::Ground;
use support::simulation::hunt;

#[tokio::test]
async fn seeds_lose_and_double_nothing() {
    let ground = Ground::prepare().await;
    let seeds: u64 = std::env::var("SEEDS").map_or(20, |seeds| seeds.parse().unwrap());
    let first: u64 = std::env::var("FIRST").map_or(1, |seeds| seeds.parse().unwrap());
    let mut bad = 0;
    for seed in first..first + seeds {
        let outcome = hunt::run(&ground, seed, None).await;
        if std::env::var("VERBOSE").is_ok() {
            println!("{}", outcome.report());
        }
        if !outcome.wrong.is_empty() {
            bad += 1;
            if bad <= 3 {
                println!("{}", outcome.report());
            } else {
                println!("SEED {} {:?}", seed, outcome.wrong);
            }
        }
    }
    assert_eq!(bad, 0);
}
