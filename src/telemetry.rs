//! Logs: structured lines on stderr, for people or for collectors. Nothing secret is ever handed to them: secrets are
//! `SecretString`s, and requests are logged without their query's token.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::config::Log;

/// Starts logging for the whole process; a second call (in tests) changes nothing.
pub fn start(log: &Log) {
    let filter: Targets = log
        .level
        .parse()
        .unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    // Statement texts at the level that an operator reads would bury everything else.
    let filter = if log.level.contains("sqlx") {
        filter
    } else {
        filter.with_target("sqlx", tracing::Level::WARN)
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    let _ = if log.json {
        registry.with(lines.json()).try_init()
    } else {
        registry.with(lines.with_ansi(false)).try_init()
    };
}
