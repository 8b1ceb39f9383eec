//! The REST surface, driven in process against a real PostgreSQL.

mod support {
    pub mod database;
    pub mod web;
}

mod rest {
    mod auth;
    mod backlog;
    mod customers;
    mod deliveries;
    mod description;
    mod jobs;
    mod logs;
    mod notifications;
    mod paging;
    mod resources;
    mod surface;
}
