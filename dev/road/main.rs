//! The program behind `dev/demo`: one month of usage on its way to a reconciled invoice.
//! Talks to the service by its public REST API and its command line alone, and to Kill Bill only for what an operator
//! would have set up there (tenant, catalogue) and for its test clock.

#[allow(dead_code, reason = "the year uses more of it")]
mod api;
mod killbill;
mod months;
mod report;
mod scene;
mod stage;
mod tour;

use std::path::PathBuf;

use clap::Parser;

/// `dev/demo` starts everything and calls this twice.
#[derive(Parser)]
enum Act {
    /// Creates the tenant, uploads the catalogue, sets the clock and writes the service's configuration.
    Prepare {
        /// Where `config.toml` and `stage.json` go.
        #[arg(long)]
        dir: PathBuf,
        /// Where the service will listen.
        #[arg(long)]
        bind: String,
        #[arg(long, env = "KILLBILL_URL")]
        killbill: String,
        #[arg(long, env = "DATABASE_URL")]
        database: String,
        /// A folder with fonts for names that the built-in ones cannot write.
        #[arg(long)]
        fonts: Vec<String>,
    },
    /// Registers, pushes, bills, reads back and prints. Succeeds only if everything adds up.
    Bill(tour::Tour),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // reqwest is built without a TLS provider of its own, as in the service
    rustls::crypto::ring::default_provider().install_default().ok();
    match Act::parse() {
        Act::Prepare {
            dir,
            bind,
            killbill,
            database,
            fonts,
        } => stage::prepare(&dir, &bind, &killbill, &database, &fonts).await,
        Act::Bill(tour) => tour.run().await,
    }
}
