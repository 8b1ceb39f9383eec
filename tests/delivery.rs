//! The delivery worker against a real Kill Bill over a line that fails on purpose: everything arrives exactly once.

mod support {
    pub mod backup;
    pub mod catalog;
    pub mod database;
    pub mod faulty_proxy;
    pub mod killbill_server;
    pub mod killbill_user;
    pub mod web;
}

mod delivery_cases {
    mod away;
    mod books;
    mod days;
    mod doubts;
    mod dry_runs;
    mod due;
    mod far;
    mod faults;
    mod gateways;
    mod grouping;
    mod holds;
    mod idle;
    mod invoiced;
    mod limits;
    mod names;
    mod obstacles;
    mod provision;
    mod recover;
    mod refused;
    mod termination;
    mod weaknesses;
    mod weaknesses_of_usage;
    mod withdrawn;
    mod workers;
    mod world;
}
