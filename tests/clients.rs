//! What NodeConductor's clients see: both invoice addresses, lists, identity, permissions, and the frontend's own calls,
//! against a server on a socket and a real PostgreSQL; what the mirror does, with a Kill Bill behind it.

mod support {
    pub mod bills;
    pub mod catalog;
    pub mod database;
    pub mod gate;
    pub mod killbill_model;
    pub mod killbill_server;
    pub mod mail_server;
    pub mod named_tests;
    pub mod rows;
    pub mod socket;
    pub mod sources;
    pub mod web;
}

#[path = "paper/bill.rs"]
#[allow(dead_code, reason = "shared with the documents' tests")]
mod bill;
#[path = "mirror/crowd.rs"]
#[allow(dead_code, reason = "shared with the mirror's tests")]
mod crowd;
#[path = "estimate_cases/world.rs"]
#[allow(dead_code, reason = "shared with the estimates' tests")]
mod estimating;
#[path = "paper/printed.rs"]
mod printed;
#[path = "paper/world.rs"]
#[allow(dead_code, reason = "shared with the documents' tests")]
mod world;

mod client_cases {
    mod acceptance;
    mod acceptance_contents;
    mod admin;
    mod bodies;
    mod callers;
    mod case_table;
    mod cost_reports;
    mod described;
    mod exports;
    mod families;
    mod filters;
    mod frontend;
    mod frontend_writes;
    mod generations;
    mod identity;
    mod kept;
    mod mails;
    mod matrix;
    mod mirrored;
    mod numbers;
    mod orders;
    mod papers;
    mod renewed;
    mod routed;
    mod rows;
    mod rules;
    mod sizes;
    mod stand_in;
    mod things;
    mod unclear;
    mod variants;
    mod world;
}
