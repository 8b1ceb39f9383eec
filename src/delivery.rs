//! Delivers usage to Kill Bill: claim a resource, provision what it needs, send, settle, verify, end what is over.
//! The only writer of usage. Stands on `db` and `killbill`; no transaction is ever open across a call.

pub(crate) mod account;
mod customers;
mod lane;
mod lanes;
mod names;
pub(crate) mod obstacles;
mod obstructed;
pub(crate) mod outcome;
mod pass;
mod preflight;
mod provision;
mod recover;
mod resource;
mod spots;
mod start;
mod terminate;
mod turns;
mod undelivered;
mod unknown;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config;
use crate::domain::hold::HoldCode;
use crate::domain::pause::growing;
use crate::domain::reach::Limits;
use crate::domain::settlement::Classes;
use crate::killbill::{self, KillBill};

pub use lanes::Lanes;
pub use pass::{Progress, Report};
pub(crate) use resource::rest;

/// The longest that an unknown delivery is left alone, unless the configured time is longer.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Everything a delivery worker works with. Cheap to clone; clones are one worker with one lease owner.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub pool: PgPool,
    pub killbill: KillBill,
    pub clock: Clock,
    pub settings: config::Delivery,
    /// How far from the clocks an hour may lie.
    pub limits: Limits,
    pub currency: String,
    /// Classes of corrections and late hours that wait for a person's consent.
    pub asks: Classes,
    /// Who holds this worker's leases.
    pub owner: Uuid,
    /// What this process knows to agree with Kill Bill; shared by its workers.
    pub lanes: Lanes,
    /// How far Kill Bill's clock, by which it invoices, is ahead of ours: read once in each pass that needs it.
    pub killbill_ahead: Arc<OnceCell<TimeDelta>>,
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
    /// Something stands in the way of a whole customer or plan, and lasts until somebody mends it.
    #[error("{detail}")]
    Obstructed { code: HoldCode, detail: String },
    /// Resource after resource met nothing of Kill Bill's own.
    #[error("Kill Bill does not answer, whatever is asked for; {0} resources were left for the next pass")]
    Away(usize),
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
            Self::Away(_) => true,
            Self::Database(error) => !matches!(error, sqlx::Error::Database(_)),
            Self::Blocked(_) | Self::Obstructed { .. } | Self::LeaseLost => false,
        }
    }
}

impl Delivery {
    /// How long a lease lasts without renewal: longer than the calls between two renewals usually take, and no longer than
    /// a resource may wait after its worker was killed. Who loses it sends nothing more.
    fn lease_time(&self) -> Duration {
        self.settings.request_timeout * 4
    }

    /// How long after a look a request that follows it may still arrive. A worker holds its lease from the look to the first
    /// byte; then the request's time runs, and that which it may be on its way after it was given up.
    fn longest_way(&self) -> Duration {
        self.lease_time() + self.settings.request_timeout + self.settings.wait_out
    }

    /// When an outcome that is unknown now may be looked up. From the fourth attempt on each time twice as late, at most
    /// an hour later: a delivery that Kill Bill always fails on must not keep it busy.
    fn read_back_at(&self, attempts: i32) -> DateTime<Utc> {
        let rest = growing(self.settings.wait_out, LONGEST_WAIT, attempts - 3);
        self.clock.now() + rest.max(self.settings.wait_out)
    }

    /// When a doubt that a look did not clear is looked at again. Somebody has to mend it: that may take days, and each look
    /// asks Kill Bill for many sums. So it is looked at ever more rarely, at most an hour apart.
    fn look_again_at(&self, sent_at: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let now = self.clock.now();
        let age = sent_at.and_then(|at| (now - at).to_std().ok()).unwrap_or_default();
        now + (age / 2).min(LONGEST_WAIT).max(self.settings.wait_out)
    }
}
