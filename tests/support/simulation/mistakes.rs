//! Deliberate mistakes, to see that the simulation finds them. None of them is in the service: each is made at one of its
//! seams, in its database, its settings, or the line to Kill Bill.

use sqlx::PgPool;

/// A mistake that can be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// An unknown delivery is looked up at once, although Kill Bill may still be working on it.
    NoWaiting,
}

impl Mistake {
    /// Makes it in a database.
    pub async fn make(self, pool: &PgPool) {
        match self {
            Self::NoWaiting => drop(pool.size()),
        }
    }
}
