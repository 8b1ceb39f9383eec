//! How fast the road is, as ratios: taking a push in against a plain insert of as many rows, and delivering against plain
//! posts of as many records, on the same PostgreSQL and the same Kill Bill in the same run. Absolute figures differ from
//! machine to machine and from minute to minute; the limit and what is measured take turns, so that they suffer alike.
//!
//! `dev/bench` runs it and writes docs/speed.md. `BENCH_MILLIONS` = records that are in the ledger already.

#[path = "../../tests/support"]
mod support {
    pub mod catalog;
    pub mod database;
    pub mod faulty_proxy;
    pub mod killbill_server;
    pub mod web;
}
#[allow(dead_code, reason = "written for the tests, which look at more than speed")]
#[path = "../../tests/delivery_cases/books.rs"]
mod books;
#[allow(dead_code, reason = "written for the tests, which look at more than speed")]
#[path = "../../tests/delivery_cases/world.rs"]
mod world;

mod delivery;
mod ingest;
mod speed;

use chrono::TimeDelta;
use rust_decimal::{Decimal, dec};

use world::{Hourly, World};

/// Meters of a virtual machine and their units; with these hours they make a full delivery of `MACHINE` records.
const METERS: [&str; 4] = ["cpu", "memory", "disk", "servers"];
const UNITS: [&str; 4] = ["cpu", "ram_gb", "storage_gb", "server_num"];
const HOURS: std::ops::RangeInclusive<i64> = 1..=250;
const QUANTITY: Decimal = dec!(1.25);
const MACHINE: usize = 1_000;

#[tokio::main]
async fn main() {
    for name in ["DATABASE_URL", "KILLBILL_URL"] {
        assert!(
            std::env::var(name).is_ok(),
            "{name} is missing: dev/services up && eval \"$(dev/services env)\""
        );
    }
    let millions = std::env::var("BENCH_MILLIONS").map_or(0, |text| text.parse().expect("millions of records"));
    ingest::measure(millions).await;
    delivery::measure().await;
}

/// Late enough in the month for all hours to be over.
async fn world() -> World {
    let world = World::new().await;
    world.later(TimeDelta::days(2));
    world
}

/// What a virtual machine consumes.
fn records() -> Vec<Hourly> {
    HOURS
        .flat_map(|hour| METERS.map(|meter| (meter, hour, QUANTITY)))
        .collect()
}
