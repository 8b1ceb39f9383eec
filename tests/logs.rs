//! What the service writes down of its work. A binary of its own: the test listens to the whole process.

mod support {
    pub mod database;
    pub mod rows;
    pub mod socket;
    pub mod web;
}

mod client_cases {
    mod logs;
    mod stand_in;
    mod world;
}
