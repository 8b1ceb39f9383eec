//! The weaknesses of the predecessor, one test each, named after it: each would fail there. docs/weaknesses.md has the
//! table. More are in `tests/delivery_cases/weaknesses.rs` (with a real Kill Bill) and in `tests/client_cases` (on a socket).

mod support {
    pub mod catalog;
    pub mod database;
    pub mod named_tests;
    pub mod web;
}

#[path = "paper/bill.rs"]
#[allow(dead_code, reason = "shared with the documents' tests")]
mod bill;
#[path = "estimate_cases/world.rs"]
#[allow(dead_code, reason = "shared with the estimates' tests")]
mod metering;
#[path = "paper/printed.rs"]
#[allow(dead_code, reason = "shared with the documents' tests")]
mod printed;
#[path = "paper/world.rs"]
#[allow(dead_code, reason = "shared with the documents' tests")]
mod world;

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
