//! What is to be said about an account that Kill Bill does not invoice, and about usage that does not come.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::finding::Finding;
use super::kind::DiscrepancyKind;
use crate::domain::uuid_hex::hex;

/// An account of one of our customers.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    pub customer: Uuid,
    pub name: &'a str,
    /// Kill Bill's id.
    pub id: Uuid,
    /// What waits to be invoiced, at today's list price.
    pub worth: Decimal,
}

/// Kill Bill failed on it; `reason` is what its books say.
#[must_use]
pub fn parked(account: Account<'_>, waiting: i64, reason: Option<&str>, since: Option<DateTime<Utc>>) -> Finding {
    let reason = reason.unwrap_or("Kill Bill could not be asked yet");
    let since = since.map_or_else(String::new, |at| format!(" since {}", at.format("%Y-%m-%d %H:%M")));
    let detail = format!(
        "account {} of {} is parked{since} (tag __PARK__): Kill Bill makes no invoice for it, and {waiting} records wait here. Reason: {reason}",
        account.id, account.name
    );
    finding(account, "", DiscrepancyKind::AccountParked, detail)
}

/// Somebody wanted no invoices for it.
#[must_use]
pub fn invoicing_off(account: Account<'_>) -> Finding {
    let detail = format!(
        "account {} of {} has the tag AUTO_INVOICING_OFF: its usage is delivered, and Kill Bill makes no invoice for it",
        account.id, account.name
    );
    finding(account, "", DiscrepancyKind::InvoicingOff, detail)
}

/// Others got their invoices of the month.
#[must_use]
pub fn not_invoiced(account: Account<'_>, month: NaiveDate) -> Finding {
    let month = month.format("%Y-%m");
    let detail = format!(
        "usage of {month} was delivered for account {} of {}, other accounts have their invoices beyond that month, and this one has none for it",
        account.id, account.name
    );
    finding(account, &format!("/{month}"), DiscrepancyKind::NotInvoiced, detail)
}

/// Nothing at all was metered since.
#[must_use]
pub fn no_usage(since: DateTime<Utc>, resources: i64) -> Finding {
    let detail = format!(
        "no usage came in since {}, although {resources} resources are running; /api/missing-hours/ says what it is worth",
        since.format("%Y-%m-%d %H:%M")
    );
    Finding::of("usage".to_owned(), DiscrepancyKind::NoUsage, Decimal::ZERO, detail)
}

fn finding(account: Account<'_>, more: &str, kind: DiscrepancyKind, detail: String) -> Finding {
    Finding::of(
        format!("customer:{}{more}", hex(account.customer)),
        kind,
        -account.worth,
        detail,
    )
}
