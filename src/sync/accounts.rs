//! Reads from Kill Bill which of our accounts it does not invoice, and why: two searches for tags, whatever the number of
//! accounts, and for each that is parked its books of the last months. Those are many questions, so they are asked in
//! turns and beside other work.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::accounts::{self, AUTO_INVOICING_OFF, PARK, Parked};
use crate::killbill::{self, KillBill};

/// Parked accounts that may have their turn in one pass, and how long it may take.
const TURNS: i64 = 50;
const AT_MOST: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct AccountReport {
    /// Accounts whose tags are not what they were.
    pub changed: usize,
    pub parked: i64,
}

/// Why the tags could not be read.
#[derive(Debug, thiserror::Error)]
pub enum AccountSyncError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    KillBill(#[from] killbill::Error),
}

/// One reading. An account that is no longer parked is free at once: its resources rest no longer.
///
/// # Errors
/// See [`AccountSyncError`].
pub async fn sync_accounts(
    pool: &PgPool,
    killbill: &KillBill,
    clock: &Clock,
) -> Result<AccountReport, AccountSyncError> {
    let mut changed = 0;
    for tag in [PARK, AUTO_INVOICING_OFF] {
        let tagged = killbill.accounts().tagged(tag).await?;
        changed += accounts::set_tag(pool, tag, &tagged, clock.now()).await?;
    }
    let parked = accounts::note_parked(pool, clock.now()).await?;
    Ok(AccountReport { changed, parked })
}

/// Looks for the reasons why accounts are parked, of some in turn. Returns how many were asked about. An account that
/// cannot be asked about waits for its next turn and keeps nobody else's reason away.
///
/// # Errors
/// When the database fails, or Kill Bill is away.
pub async fn explain_parked(pool: &PgPool, killbill: &KillBill, clock: &Clock) -> Result<usize, AccountSyncError> {
    let started = Instant::now();
    let mut explained = 0;
    for one in accounts::unexplained(pool, TURNS).await? {
        if started.elapsed() > AT_MOST {
            break;
        }
        let reason = match reason(pool, killbill, &one).await {
            Ok(reason) => Some(reason),
            Err(AccountSyncError::KillBill(error)) if !matches!(error, killbill::Error::Unreachable(_)) => {
                tracing::warn!(account = %one.account_id, %error, "a parked account could not be asked about");
                None
            }
            Err(error) => return Err(error),
        };
        accounts::store_reason(pool, one.customer_id, reason.as_deref(), clock.now()).await?;
        explained += 1;
    }
    Ok(explained)
}

/// Kill Bill itself names the reason in its log only, and makes a dry run of a parked account without complaint. The usual
/// one can be read off its books: it holds less usage of an invoiced period than it billed.
async fn reason(pool: &PgPool, killbill: &KillBill, parked: &Parked) -> Result<String, AccountSyncError> {
    let (mut shrunk, mut books) = (Vec::new(), HashMap::new());
    for billed in accounts::billed(pool, parked.customer_id).await? {
        let period = (billed.subscription, billed.start_date, billed.end_date);
        let sums = match books.entry(period) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let (start, end) = (midnight(billed.start_date), midnight(billed.end_date));
                unknown.insert(killbill.usages().sums(billed.subscription, start, end).await?)
            }
        };
        let held = sums.get(&billed.unit).copied().unwrap_or_default();
        // What is billed is whole blocks: up to one more than is held.
        if billed.units - held >= billed.block_size {
            shrunk.push(format!(
                "{} {} of {} to {} are billed for subscription {}, and Kill Bill holds {} only",
                billed.units.normalize(),
                billed.unit,
                billed.start_date,
                billed.end_date,
                billed.subscription,
                held.normalize()
            ));
        }
    }
    if shrunk.is_empty() {
        Ok(complaint(killbill, parked).await)
    } else {
        Ok(format!(
            "usage was taken back after it was invoiced: {}; record what is missing",
            shrunk.join("; ")
        ))
    }
}

/// A dry run changes nothing; should it fail, that is the reason.
async fn complaint(killbill: &KillBill, parked: &Parked) -> String {
    match killbill.invoices().dry_run_upcoming(parked.account_id).await {
        Ok(_) => "not known here; Kill Bill's log names it beside the account".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
