//! Hours that nobody metered: the gaps of each meter, and a service that meters nothing any more.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::discrepancies::{self, Found, Subject};
use crate::db::gaps::{self, Latest, Scan};
use crate::domain::hour::Hour;
use crate::domain::reconcile::{DiscrepancyKind, no_usage};

/// Resources that a pass reads whole: ten thousand take their turns in less than two hours. Measured with three months of
/// them on a busy machine: 0.5 s for each hundred, 0.2 s for the last hours of all others, 80 s for everything.
const SLICE: i64 = 200;

/// What a pass found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct UsageReport {
    /// Ranges of hours without a record, declared ones too.
    pub gaps: i64,
    /// Since when nothing at all was metered, if that is long ago.
    pub silent_since: Option<DateTime<Utc>>,
}

/// Looks for gaps up to the latest hour that is complete and settled, and for silence that lasts longer than it may.
///
/// # Errors
/// When the database fails.
pub async fn watch_usage(
    pool: &PgPool,
    clock: &Clock,
    currency: &str,
    settle_after: Duration,
    patience: Duration,
) -> sqlx::Result<UsageReport> {
    let now = clock.now();
    let until = Hour::containing(now - settle_after).start();
    let scan = Scan {
        until,
        slice: SLICE,
        now,
    };
    let gaps = gaps::refresh(pool, scan).await?;
    let latest = gaps::latest(pool).await?;
    let silent_since = latest.recorded_at.filter(|at| *at + patience <= now);
    let found = silent_since.map(|since| told(latest, since, currency));
    discrepancies::settle_kinds(pool, &[DiscrepancyKind::NoUsage], found.as_slice(), now).await?;
    Ok(UsageReport { gaps, silent_since })
}

fn told(latest: Latest, since: DateTime<Utc>, currency: &str) -> Found {
    Found {
        finding: no_usage(since, latest.resources),
        currency: currency.to_owned(),
        // What it is worth stands with the gaps, one by one.
        about: Subject::default(),
    }
}
