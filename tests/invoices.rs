//! From delivered usage to a reconciled invoice: a real PostgreSQL, a real Kill Bill with its clock moved, the real mirror.
//! The ledger's rows are written as a delivery writes them, and the same usage is posted; what Kill Bill bills is then checked.

mod support {
    pub mod bills;
    pub mod catalog;
    pub mod database;
    pub mod gate;
    pub mod killbill_model;
    pub mod killbill_server;
}

#[path = "mirror/adjusted.rs"]
mod adjusted;
#[path = "mirror/both_ways.rs"]
mod both_ways;
#[path = "mirror/callback.rs"]
mod callback;
#[path = "mirror/crowd.rs"]
mod crowd;
#[path = "mirror/ends.rs"]
mod ends;
#[path = "mirror/foreign.rs"]
mod foreign;
#[path = "mirror/large.rs"]
mod large;
#[path = "mirror/months.rs"]
mod months;
#[path = "mirror/neighbours.rs"]
mod neighbours;
#[path = "mirror/seen.rs"]
mod seen;
#[path = "mirror/standing.rs"]
mod standing;
#[path = "mirror/tail.rs"]
mod tail;
#[path = "mirror/turns.rs"]
mod turns;
#[path = "mirror/world.rs"]
mod world;
