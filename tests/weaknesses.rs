//! The weaknesses of the predecessor, with tests named after them: each would fail there. docs/weaknesses.md has the
//! table; those that need a real Kill Bill are in `tests/delivery_cases/weaknesses.rs` and `weaknesses_of_usage.rs`,
//! those of the whole program in `tests/road_cases/`, those that a client sees on a socket in `tests/client_cases/`.

mod support {
    pub mod catalog;
    pub mod database;
    pub mod named_tests;
    pub mod sources;
    pub mod web;
}

#[path = "paper/bill.rs"]
#[allow(dead_code, reason = "shared with the documents' tests")]
mod bill;
#[path = "estimate_cases/world.rs"]
#[allow(dead_code, reason = "shared with the estimates' tests")]
mod metering;
#[path = "paper/printed.rs"]
mod printed;
#[path = "paper/world.rs"]
#[allow(dead_code, reason = "shared with the documents' tests")]
mod world;

#[path = "weakness_cases/certificates.rs"]
mod certificates;
#[path = "weakness_cases/database_certificates.rs"]
mod database_certificates;
#[path = "weakness_cases/documents.rs"]
mod documents;
#[path = "weakness_cases/ledger.rs"]
mod ledger;
#[path = "weakness_cases/mirror.rs"]
mod mirror;
#[path = "weakness_cases/operation.rs"]
mod operation;
#[path = "weakness_cases/prices.rs"]
mod prices;
#[path = "weakness_cases/table.rs"]
mod table;
#[path = "weakness_cases/web.rs"]
mod web;
