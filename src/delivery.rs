//! Delivers usage to Kill Bill: claim a resource, provision what it needs, send, settle, verify, end what is over.
//! The only writer of usage. Stands on `db` and `killbill`; no transaction is ever open across a call.

pub(crate) mod account;
mod lane;
pub(crate) mod outcome;
mod pass;
mod provision;
mod resource;
mod terminate;
mod unknown;
mod verify;

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config;
use crate::killbill::{self, KillBill};

pub use pass::{Progress, Report};

/// Everything a delivery worker works with. Cheap to clone; clones are one worker with one lease owner.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub pool: PgPool,
    pub killbill: KillBill,
    pub clock: Clock,
    pub settings: config::Delivery,
    pub currency: String,
    /// Who holds this worker's leases.
    pub owner: Uuid,
}

/// Why work on a resource stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
    #[error("{0}")]
    KillBill(#[from] killbill::Error),
    #[error("{0}")]
    Blocked(String),
    #[error("the lease on the resource was lost to another worker")]
    LeaseLost,
}

impl From<sqlx::Error> for DeliveryError {
    /// Each step asserts the row that it leaves; one that is not there any more was somebody else's to take.
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::LeaseLost,
            error => Self::Database(error),
        }
    }
}

impl DeliveryError {
    /// Nothing about this resource: Kill Bill or the database itself is not there, so the rest of the pass would fail
    /// alike. What the database refuses (a constraint, a deadlock) is the resource's own.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        match self {
            Self::KillBill(error) => matches!(
                error,
                killbill::Error::Unreachable(_) | killbill::Error::Unauthorized { .. }
            ),
            Self::Database(error) => !matches!(error, sqlx::Error::Database(_)),
            Self::Blocked(_) | Self::LeaseLost => false,
        }
    }
}

impl Delivery {
    /// How long a lease lasts without renewal: longer than the calls between two renewals usually take, and no longer than
    /// a resource may wait after its worker was killed. Who loses it sends nothing more.
    fn lease_time(&self) -> Duration {
        self.settings.request_timeout * 4
    }

    /// When an outcome that is unknown now may be looked up.
    fn read_back_at(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now() + self.settings.wait_out
    }
}
