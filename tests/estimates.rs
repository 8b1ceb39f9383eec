//! Price estimates: from pushed hours through the kept sums to what clients read. In process, with a real PostgreSQL.

mod support {
    pub mod catalog;
    pub mod database;
    pub mod web;
}

#[path = "estimate_cases/bounded.rs"]
mod bounded;
#[path = "estimate_cases/figures.rs"]
mod figures;
#[path = "estimate_cases/filters.rs"]
mod filters;
#[path = "estimate_cases/invoiced.rs"]
mod invoiced;
#[path = "estimate_cases/manual.rs"]
mod manual;
#[path = "estimate_cases/rebuild.rs"]
mod rebuild;
#[path = "estimate_cases/shared_project.rs"]
mod shared_project;
#[path = "estimate_cases/speed.rs"]
mod speed;
#[path = "estimate_cases/versions.rs"]
mod versions;
#[path = "estimate_cases/world.rs"]
mod world;
