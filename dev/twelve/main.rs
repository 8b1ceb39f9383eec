//! The program behind `dev/year`: months of hourly usage, with all that happens to servers and their records in a year,
//! billed by a real Kill Bill whose clock is moved month by month; then every line is worked out again.
//! Talks to the service by its REST API, to Kill Bill by its own, and prices with its own arithmetic.

#[allow(dead_code, reason = "the demo uses more of it")]
#[path = "../road/api.rs"]
mod api;
mod audit;
#[path = "../../tests/support/catalog.rs"]
mod catalog;
mod fleet;
#[path = "../road/months.rs"]
mod months;
mod prices;
mod setup;
mod table;
mod year;

use clap::Parser;

/// `dev/year` starts everything and calls this twice.
#[derive(Parser)]
enum Act {
    /// Creates the tenant, uploads the catalogue, sets the clock and writes the service's configuration.
    Prepare(setup::Prepare),
    /// Pushes, bills, works everything out again and prints the table. Succeeds only if nothing is left unexplained.
    Bill(year::Year),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // reqwest is built without a TLS provider of its own, as in the service
    rustls::crypto::ring::default_provider().install_default().ok();
    match Act::parse() {
        Act::Prepare(prepare) => prepare.run().await,
        Act::Bill(year) => year.run().await,
    }
}
