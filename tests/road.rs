//! The whole road with the compiled program, a real PostgreSQL and a real Kill Bill: what is pushed comes back as invoices
//! that add up, whatever is restarted, renamed, ended or down in between.

#[allow(dead_code, reason = "other test binaries use more of it")]
mod support {
    pub mod api;
    pub mod bills;
    pub mod cable;
    pub mod catalog;
    pub mod cluster;
    pub mod database;
    pub mod killbill_server;
    pub mod killbill_user;
    pub mod service;
}

#[path = "road_cases/audit.rs"]
mod audit;
#[path = "road_cases/contract.rs"]
mod contract;
#[path = "road_cases/door.rs"]
mod door;
#[path = "road_cases/in_a_browser.rs"]
mod in_a_browser;
#[path = "road_cases/month.rs"]
mod month;
#[path = "road_cases/outage.rs"]
mod outage;
#[path = "road_cases/program.rs"]
mod program;
#[path = "road_cases/restarts.rs"]
mod restarts;
#[path = "road_cases/scene.rs"]
mod scene;
#[path = "road_cases/unasked.rs"]
mod unasked;
