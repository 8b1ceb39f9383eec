//! The program: parses the command line and hands over to `cli`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    nodeconductor_billing::cli::main().await
}
