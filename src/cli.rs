//! The commands of the program, their help and their exit codes.

mod catalog;
mod check;
mod run;
mod serve;
mod token;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::domain::due::Rhythm;
use crate::domain::job::Job;
use crate::{app, telemetry};

/// Takes NodeConductor's hourly usage, delivers it to Kill Bill exactly once and gives back explained invoices.
///
/// Exit codes: 0 done, 1 failed, 2 the configuration or the command line is wrong (`check`: could not look).
#[derive(Parser)]
#[command(version, about, long_about)]
struct Arguments {
    /// Settings in TOML; what it does not say has a default, and the environment (NCB__SECTION__KEY) wins over it
    #[arg(long, env = "NCB_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve HTTP and run the workers; applies migrations first; SIGTERM drains and exits 0
    Serve,
    /// Apply the database migrations and exit
    Migrate,
    /// Say whether everything is ready to bill: 0 ready, 1 something must be mended, 2 could not look
    Check {
        /// Judge these catalog files (versions of one catalog) instead, without any server: what would be billed, held or given away
        #[arg(long, num_args = 1.., value_name = "FILE")]
        catalog: Vec<PathBuf>,
    },
    /// Make, list and revoke the API tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Make, list and revoke the people of the admin pages
    #[command(subcommand)]
    User(user::UserCommand),
    /// One pass of a job in the foreground, safe beside a running serve; 0 if nothing failed
    Run {
        #[arg(value_enum)]
        job: JobName,
        /// With `deliver`: also what would still wait for its day
        #[arg(long)]
        now: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum JobName {
    /// Send settled usage to Kill Bill and verify it there
    Deliver,
    /// Read the price list from Kill Bill's catalog
    SyncPrices,
    /// Mirror Kill Bill's invoices
    SyncInvoices,
    /// Compare the ledger and the invoices, line by line
    Reconcile,
    /// Estimate the months from the kept sums, and hold them against Kill Bill's dry run once a day
    Estimates,
    /// Send invoices by e-mail, with a mail server configured
    Mail,
}

impl From<JobName> for Job {
    fn from(name: JobName) -> Self {
        match name {
            JobName::Deliver => Self::Deliver,
            JobName::SyncPrices => Self::SyncPrices,
            JobName::SyncInvoices => Self::SyncInvoices,
            JobName::Reconcile => Self::Reconcile,
            JobName::Estimates => Self::Estimates,
            JobName::Mail => Self::Mail,
        }
    }
}

/// Parses the command line, loads the settings and runs the command.
pub async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Two TLS stacks in one process need a default; ring is the one both were built with.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let loaded = config::load(arguments.config.as_deref(), std::env::vars().collect());
    if let Command::Check { catalog } = &arguments.command
        && !catalog.is_empty()
    {
        // Offline: a configuration is of use for its currency only.
        let currency = loaded.as_ref().ok().map(|settings| settings.billing.currency.as_str());
        return catalog::check(catalog, currency, Clock::System.now());
    }
    let settings = match loaded {
        Ok(settings) => settings,
        Err(error) => return failed(&error.into(), 2),
    };
    telemetry::start(&settings.log);
    run(arguments.command, settings).await
}

async fn run(command: Command, settings: Settings) -> ExitCode {
    let result = match command {
        Command::Check { .. } => return check::check(settings).await,
        Command::Serve => serve::serve(settings).await,
        Command::Migrate => app::migrate(&settings).await,
        Command::Token(command) => token::token(command, &settings).await,
        Command::User(command) => user::user(command, &settings).await,
        Command::Run { now: true, job } if !matches!(job, JobName::Deliver) => {
            return failed(&anyhow::anyhow!("--now goes with `run deliver` only"), 2);
        }
        Command::Run { job, now } => run::run(job.into(), at_once(settings, now)).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, 1),
    }
}

/// Nothing waits for its day.
const fn at_once(mut settings: Settings, now: bool) -> Settings {
    if now {
        settings.delivery.window = Rhythm::Hourly;
    }
    settings
}

fn failed(error: &anyhow::Error, code: u8) -> ExitCode {
    say(&format!("{error:#}"));
    ExitCode::from(code)
}

/// What the operator is told, on stderr: stdout is for results.
#[expect(
    clippy::print_stderr,
    reason = "the one place where the program speaks to its operator"
)]
fn say(text: &str) {
    eprintln!("nodeconductor-billing: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_can_be_run_by_its_name() {
        for job in Job::ALL {
            let named = JobName::from_str(job.word(), false).map(Job::from);
            assert_eq!(named, Ok(*job));
        }
    }
}
