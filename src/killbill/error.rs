//! What can go wrong with a call, sorted by what the caller may do about it: repeat, read back first, or get a person.

/// A call to Kill Bill that did not end in a readable success. Holds no URL, header or secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing was sent: connection refused, name not found, TLS handshake failed. Repeating is safe.
    #[error("Kill Bill cannot be reached: {0}")]
    Unreachable(String),
    /// Sent, or perhaps sent, and no complete answer came back: timeout, reset, half a body.
    #[error("Kill Bill gave no complete answer: {0}")]
    NoAnswer(String),
    /// Kill Bill could not do it now, in its own words (5xx, 408, 429). It may have done it all the same.
    #[error("Kill Bill answered {status}{}: {message}", coded(*.code))]
    Busy {
        status: u16,
        code: Option<i64>,
        message: String,
    },
    /// Something in front of Kill Bill answered, whatever the status: a gateway, a firewall, the container. Kill Bill may
    /// have done it all the same.
    #[error("something other than Kill Bill answered {status}: {message}")]
    Stranger { status: u16, message: String },
    /// Kill Bill understood and will not do it; repeating changes nothing.
    #[error("Kill Bill refused ({status}{}): {message}", coded(*.code))]
    Refused {
        status: u16,
        code: Option<i64>,
        message: String,
    },
    /// Other work on the account (an invoice run, a dry run) held its lock for five seconds. Nothing was done; repeating is safe.
    #[error("Kill Bill is at work on the account: {0}")]
    Locked(String),
    /// Wrong user or wrong tenant: 401 without words of Kill Bill's own.
    #[error("Kill Bill does not accept our credentials: {message}")]
    Unauthorized { message: String },
    /// The user is right, and lacks a permission, which the message names (Kill Bill says 401 for that, too).
    #[error("Kill Bill's user of this service lacks a permission: {message}")]
    Forbidden { message: String },
    /// Kill Bill's own 404.
    #[error("Kill Bill knows no such object: {message}")]
    NotFound { code: Option<i64>, message: String },
    /// Kill Bill did it, but its answer cannot be read; names the place in the answer.
    #[error("Kill Bill's answer cannot be read: {0}")]
    Malformed(String),
    /// Kill Bill did it, but its answer is longer than anybody would keep in memory.
    #[error("Kill Bill's answer is longer than {} MiB", .bytes / 1024 / 1024)]
    TooLong { bytes: usize },
}

impl Error {
    /// The request certainly changed nothing and would fail again in the same way until someone mends its cause.
    #[must_use]
    pub const fn is_definite(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. } | Self::Unauthorized { .. } | Self::Forbidden { .. } | Self::NotFound { .. }
        )
    }

    /// A write may or may not have happened: read back before deciding to repeat it.
    #[must_use]
    pub const fn outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer(_) | Self::Busy { .. } | Self::Stranger { .. } | Self::Malformed(_) | Self::TooLong { .. }
        )
    }

    /// Nothing of it is Kill Bill's own answer: it may be away as a whole, behind something that still speaks.
    #[must_use]
    pub const fn is_silence(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::NoAnswer(_) | Self::Stranger { .. } | Self::Malformed(_)
        )
    }

    /// Kill Bill read what it was told and did not take it, be it that its database did not (500). One that asks for patience
    /// (408, 429, 503) says nothing of it.
    #[must_use]
    pub const fn is_about_content(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Busy { status: 500, .. })
    }

    /// Kill Bill's error code (`ErrorCode.java`), when the answer carried one.
    #[must_use]
    pub const fn code(&self) -> Option<i64> {
        match self {
            Self::Busy { code, .. } | Self::Refused { code, .. } | Self::NotFound { code, .. } => *code,
            _ => None,
        }
    }
}

fn coded(code: Option<i64>) -> String {
    code.map_or_else(String::new, |code| format!(", code {code}"))
}

/// `None` for Kill Bill's own 404; a stranger's 404 (wrong address, proxy) stays an error, or lookups would report that nothing exists.
pub(super) fn absent_is_none<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}
