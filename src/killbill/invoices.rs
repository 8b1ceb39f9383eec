//! Invoices: an account's read whole for the mirror, the list of all of them to notice new ones; the writes in `writes` are
//! for settling late usage and for tests.

mod details;
mod invoice;
mod list;
mod writes;

use chrono::NaiveDate;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

pub use details::{ItemDetails, Tier};
pub use invoice::{Invoice, InvoiceItem, InvoicePayment, InvoiceStatus, ItemType, PaymentTransaction};
pub use list::{InvoicePage, ListedInvoice};
pub use writes::{Adjustment, Charge, Credit};

use super::{Error, KillBill};

/// Calls about invoices.
#[derive(Debug, Clone, Copy)]
pub struct Invoices<'a>(pub(super) &'a KillBill);

impl Invoices<'_> {
    /// The account's invoices with their items, drafts and voided ones included, by target date; `from` leaves out those billed up to an earlier day.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn of_account(&self, account: Uuid, from: Option<NaiveDate>) -> Result<Vec<Invoice>, Error> {
        // Without includeInvoiceComponents Kill Bill sends no items and all amounts as zero.
        let call = self
            .0
            .get(&["accounts", &account.to_string(), "invoices"])
            .query("includeInvoiceComponents", "true");
        let call = call.query("includeVoidedInvoices", "true").patient();
        let call = if let Some(from) = from {
            call.query("startDate", &from.to_string())
        } else {
            call
        };
        call.send().await?.json()
    }

    /// One invoice with its items.
    ///
    /// # Errors
    /// See [`Error`]; an unknown id is `NotFound`.
    pub async fn get(&self, id: Uuid) -> Result<Invoice, Error> {
        self.0.get(&["invoices", &id.to_string()]).send().await?.json()
    }

    /// # Errors
    /// See [`Error`].
    pub async fn payments(&self, id: Uuid) -> Result<Vec<InvoicePayment>, Error> {
        self.0
            .get(&["invoices", &id.to_string(), "payments"])
            .send()
            .await?
            .json()
    }

    /// The invoice that the account would get at its next billing day if nothing more were consumed: the cost of the open month so far.
    /// Changes nothing. `None` when there would be none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn dry_run_upcoming(&self, account: Uuid) -> Result<Option<Invoice>, Error> {
        let call = self
            .0
            .post(&["invoices", "dryRun"])
            .query("accountId", &account.to_string());
        let answer = call
            .json(&json!({"dryRunType": "UPCOMING_INVOICE"}))
            .patient()
            .send()
            .await?;
        if answer.status == StatusCode::NO_CONTENT {
            Ok(None)
        } else {
            answer.json().map(Some)
        }
    }
}
