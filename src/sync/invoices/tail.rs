//! Notices new invoices without asking for every customer: Kill Bill's list of all invoices grows at its end, which is read
//! from where the last reading ended. Whoever has an invoice there that is not mirrored is hinted at, as by a notification.

use uuid::Uuid;

use super::{InvoiceSync, InvoiceSyncError};
use crate::db::invoices::tail::{self, Place};
use crate::killbill::invoices::InvoicePage;

/// Some 0.4 MB, for which Kill Bill takes a fifth of a second. More than `OVERLAP`, or nothing would ever be new.
const PAGE: i64 = 1000;
/// So many are read again: a transaction that was slow to commit takes its place in the list before others that were there
/// already.
const OVERLAP: i64 = 200;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct TailReport {
    /// Invoices that were read in the list.
    pub listed: usize,
    /// Customers who have some that are not mirrored.
    pub hinted: u64,
    /// It was not the list that the last reading ended in: all of it was read.
    pub from_start: bool,
}

impl InvoiceSync {
    /// Reads the list of all invoices from a little before where the last reading ended to its end, and hints at those who
    /// have invoices that are not mirrored.
    ///
    /// # Errors
    /// When Kill Bill or the database fails; the next reading begins with the page that failed.
    pub async fn tail(&self) -> Result<TailReport, InvoiceSyncError> {
        let place = tail::place(&self.pool).await?;
        let mut report = TailReport::default();
        let mut from = (place.reached - OVERLAP).max(0);
        let mut page = self.killbill.invoices().page(from, PAGE).await?;
        if !is_list_of(place, &page) {
            let (reached, total) = (place.reached, page.total);
            tracing::warn!(
                reached,
                total,
                "Kill Bill's invoices are not those that were read before; reading the list from its start"
            );
            (from, report.from_start) = (0, true);
            page = self.killbill.invoices().page(from, PAGE).await?;
        }
        loop {
            from = self.take_in(from, &page, &mut report).await?;
            if page.invoices.is_empty() || from >= page.total {
                return Ok(report);
            }
            page = self.killbill.invoices().page(from, PAGE).await?;
        }
    }

    /// Hints at the customers of one page's invoices, and then remembers where it ends.
    async fn take_in(&self, from: i64, page: &InvoicePage, report: &mut TailReport) -> Result<i64, InvoiceSyncError> {
        let (invoices, accounts): (Vec<Uuid>, Vec<Uuid>) = page
            .invoices
            .iter()
            .map(|listed| (listed.invoice_id, listed.account_id))
            .unzip();
        let now = self.clock.now();
        report.listed += invoices.len();
        report.hinted += tail::hint_missing(&self.pool, &invoices, &accounts, now).await?;
        let reached = from.saturating_add(i64::try_from(invoices.len()).unwrap_or(PAGE));
        let last_invoice = invoices.last().copied();
        tail::reach(&self.pool, Place { reached, last_invoice }, now).await?;
        Ok(reached)
    }
}

/// Whether the list still is as long as it was and has the invoice that was its last. Another Kill Bill's, or a restored
/// backup's, has not.
fn is_list_of(place: Place, page: &InvoicePage) -> bool {
    let has = |id| page.invoices.iter().any(|listed| listed.invoice_id == id);
    page.total >= place.reached && place.last_invoice.is_none_or(has)
}
