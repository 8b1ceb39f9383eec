//! Settlements against a real Kill Bill: corrections and late hours that cannot travel as usage, and months of monthly
//! prices, each posted exactly once over a line that fails on purpose.

mod support {
    pub mod catalog;
    pub mod database;
    pub mod faulty_proxy;
    pub mod killbill_server;
    pub mod web;
}

#[allow(
    dead_code,
    reason = "the world of the delivery tests, of which this binary uses a part"
)]
mod delivery_cases {
    mod books;
    pub mod world;
}

#[path = "paper/printed.rs"]
mod printed;

mod settle {
    mod approvals;
    mod charged_through;
    mod consent;
    mod corrections;
    mod evidence;
    mod faults;
    mod itemized;
    mod months;
    mod paused;
    mod periods;
    mod safety;
    mod standing;
    mod terms;
    mod waiting;
    mod world;
}
