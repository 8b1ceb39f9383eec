//! Pushing usage: every verdict, every form of body, corrections, and what the ledger holds afterwards. In process,
//! against a real PostgreSQL.

mod support {
    pub mod catalog;
    pub mod database;
    pub mod web;
}

mod push_cases {
    mod bodies;
    mod corrections;
    mod holds;
    mod invariant;
    mod pages;
    mod races;
    mod records;
    mod values;
    mod verdicts;
    mod world;
}
