//! What NodeConductor's clients see: both invoice addresses, lists, identity, permissions, and the frontend's own calls,
//! against a server on a socket and a real PostgreSQL.

mod support {
    pub mod database;
    pub mod rows;
    pub mod web;
}

mod client_cases {
    mod acceptance;
    mod acceptance_contents;
    mod bodies;
    mod case_table;
    mod described;
    mod families;
    mod filters;
    mod frontend;
    mod frontend_writes;
    mod identity;
    mod kept;
    mod matrix;
    mod orders;
    mod renewed;
    mod rows;
    mod stand_in;
    mod things;
    mod world;
}
