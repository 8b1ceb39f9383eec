//! The program: parses the command line and hands over to `cli`.

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

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // Boxed: one future holds the states of all commands.
    Box::pin(nodeconductor_billing::cli::main()).await
}
