//! The REST surface, driven in process against a real PostgreSQL.

mod support {
    pub mod catalog;
    pub mod database;
    pub mod web;
}

mod rest {
    mod auth;
    mod backlog;
    mod bounded;
    mod closed_words;
    mod crowd;
    mod customers;
    mod deliveries;
    mod description;
    mod discrepancies;
    mod exports;
    mod jobs;
    mod lateness;
    mod missing_hours;
    mod notifications;
    mod overrides;
    mod paging;
    mod price_list;
    mod reports;
    mod resources;
    mod services;
    mod surface;
}
