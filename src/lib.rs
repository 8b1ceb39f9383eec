//! nodeconductor-billing: the bridge from NodeConductor's hourly usage to Kill Bill's invoices.
//!
//! ```text
//! POST usage ─▶ http ─▶ domain ─▶ db (ledger + outbox, one transaction) ─▶ 2xx
//!                                   │
//!                 delivery ─────────┤ claim ▸ send ▸ settle ▸ verify ─▶ Kill Bill usages
//! Kill Bill invoices ─ push or sweep ─▶ sync ─▶ db ─▶ reconcile ─▶ documents ─▶ pdf
//! Kill Bill catalog ──────────────────▶ sync ─▶ db (price list versions)
//! ```
//!
//! One direction: `http` and the workers stand on `db`, `killbill`, `nodeconductor` and `pdf`; those stand on `domain`,
//! which knows neither the web nor a database.

// Not in Cargo.toml: there they would hold for tests too, and those may unwrap.
#![cfg_attr(
    not(test),
    deny(
        clippy::dbg_macro,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::todo,
        clippy::too_many_lines,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod admin;
pub mod app;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod delivery;
pub mod documents;
pub mod domain;
pub mod http;
pub mod jobs;
pub mod killbill;
pub mod lifecycle;
pub mod mail;
pub mod nodeconductor;
mod outgoing;
pub mod pdf;
pub mod settlement;
pub mod signals;
pub mod sync;
pub mod telemetry;
pub mod web;
