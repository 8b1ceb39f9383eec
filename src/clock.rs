//! The current time as a value that is handed in: the system's in production, a settable one in tests.
//! Nothing else in the program may ask the system for the time (clippy enforces it).

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Where "now" comes from. Cheap to clone; clones of a manual clock share its hand.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until a test moves it.
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that shows `instant` until it is set again.
    #[must_use]
    pub fn manual(instant: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(Mutex::new(instant)))
    }

    /// The current instant, UTC.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the system's clock is read"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Manual(hand) => *hand.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a manual clock; the system's clock stays as it is.
    pub fn set(&self, instant: DateTime<Utc>) {
        if let Self::Manual(hand) = self {
            *hand.lock().unwrap_or_else(PoisonError::into_inner) = instant;
        }
    }
}
