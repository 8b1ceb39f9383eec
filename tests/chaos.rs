//! The real things, hurt: a storm between the service and Kill Bill while all three are killed in turn, and an older
//! backup of the ledger put back. `dev/chaos` lets the storm blow longer.

#[allow(dead_code, reason = "other test binaries use more of it")]
mod support {
    pub mod api;
    pub mod catalog;
    pub mod cluster;
    pub mod database;
    pub mod faulty_proxy;
    pub mod killbill_server;
    pub mod service;
}

#[path = "chaos_cases/books.rs"]
mod books;
#[path = "chaos_cases/charged.rs"]
mod charged;
#[path = "chaos_cases/drill.rs"]
mod drill;
#[path = "chaos_cases/dump.rs"]
mod dump;
#[allow(dead_code, reason = "the road uses more of it")]
#[path = "road_cases/scene.rs"]
mod scene;
#[path = "chaos_cases/storm.rs"]
mod storm;
