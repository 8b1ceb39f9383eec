//! What no single invoice shows: accounts that Kill Bill does not invoice, and hours that nobody metered. Reads and writes
//! the database only; the tags were read by `accounts`.

mod usage;

pub use usage::{UsageReport, watch_usage};

use chrono::TimeDelta;
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::discrepancies::{self, Found};
use crate::domain::reconcile::{Account, DiscrepancyKind, invoicing_off, not_invoiced, parked};

/// Kill Bill invoices all accounts within minutes of each other; a day later one without an invoice was overlooked.
const PATIENCE: TimeDelta = TimeDelta::days(1);

/// What a pass found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct WatchReport {
    pub parked: usize,
    pub invoicing_off: usize,
    pub not_invoiced: usize,
}

/// Opens, refreshes and closes what is to be said about accounts.
///
/// # Errors
/// When the database fails.
pub async fn watch_accounts(pool: &PgPool, clock: &Clock, currency: &str) -> sqlx::Result<WatchReport> {
    let mut found = Vec::new();
    for one in discrepancies::uninvoiced(pool, currency).await? {
        let account = Account {
            customer: one.customer,
            name: &one.name,
            id: one.account_id,
            worth: one.worth,
        };
        if one.parked {
            let finding = parked(account, one.waiting, one.park_reason.as_deref(), one.parked_since);
            found.push(Found::of_customer(one.customer_id, finding, currency));
        }
        if one.invoicing_off {
            found.push(Found::of_customer(one.customer_id, invoicing_off(account), currency));
        }
    }
    for one in discrepancies::overlooked(pool, currency, clock.now() - PATIENCE).await? {
        let account = Account {
            customer: one.customer,
            name: &one.name,
            id: one.account_id,
            worth: one.worth,
        };
        found.push(Found::of_customer(
            one.customer_id,
            not_invoiced(account, one.month),
            currency,
        ));
    }
    let kinds = [
        DiscrepancyKind::AccountParked,
        DiscrepancyKind::InvoicingOff,
        DiscrepancyKind::NotInvoiced,
    ];
    discrepancies::settle_kinds(pool, &kinds, &found, clock.now()).await?;
    let count = |kind| found.iter().filter(|one| one.finding.difference.kind == kind).count();
    Ok(WatchReport {
        parked: count(DiscrepancyKind::AccountParked),
        invoicing_off: count(DiscrepancyKind::InvoicingOff),
        not_invoiced: count(DiscrepancyKind::NotInvoiced),
    })
}
