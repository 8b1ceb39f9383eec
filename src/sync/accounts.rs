//! Reads from Kill Bill which of our accounts it does not invoice, and why: two searches for tags, whatever the number of
//! accounts, and a dry run for each account that is parked.

use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::accounts::{self, AUTO_INVOICING_OFF, PARK, Parked};
use crate::killbill::{self, KillBill};

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct AccountReport {
    /// Accounts whose tags are not what they were.
    pub changed: usize,
    pub parked: usize,
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
    let parked = accounts::parked(pool, clock.now()).await?;
    for one in &parked {
        let reason = reason(killbill, one).await;
        accounts::store_reason(pool, one.customer_id, &reason).await?;
    }
    Ok(AccountReport {
        changed,
        parked: parked.len(),
    })
}

/// A dry run parks nobody and fails like the run that did.
async fn reason(killbill: &KillBill, parked: &Parked) -> String {
    match killbill.invoices().dry_run_upcoming(parked.account_id).await {
        Ok(_) => "a dry run of the next invoice goes through: what was wrong seems to be mended".to_owned(),
        Err(error) => error.to_string(),
    }
}
