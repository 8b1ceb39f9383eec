//! `[database]`: where PostgreSQL is, and what may be asked of it at once and for how long.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use super::section::Section;

/// `[database]`
#[derive(Clone, Debug)]
pub struct Database {
    /// Where PostgreSQL is, with the password.
    pub url: SecretString,
    /// For jobs, reads and pushes together.
    pub max_connections: u32,
    /// The most that one statement of a job may take; those of a request end with it.
    pub statement_timeout: Duration,
    /// The most that a statement waits for a lock.
    pub lock_timeout: Duration,
}

const RIGHT: &str = "an address such as postgres://user:password@host:5432/name";

pub(super) fn read(s: &mut Section<'_>) -> Database {
    let url = s.required_secret("url", RIGHT);
    let given = url.expose_secret();
    if !given.is_empty() && given.parse::<PgConnectOptions>().is_err() {
        s.wrong(
            "url",
            "what is given (not repeated here, it may hold a password)",
            RIGHT,
        );
    }
    Database {
        url,
        max_connections: s.number("max_connections", 5, 1000),
        statement_timeout: s.duration("statement_timeout", Duration::from_secs(10), Duration::from_hours(24)),
        lock_timeout: s.duration("lock_timeout", Duration::from_secs(1), Duration::from_hours(1)),
    }
}
