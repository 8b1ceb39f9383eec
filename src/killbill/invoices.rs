//! Invoices: an account's read whole for the mirror, the list of all of them to notice new ones; the writes in `writes` are
//! for settling late usage and for tests.

mod details;
mod invoice;
mod list;
mod reading;
mod writes;

use std::collections::HashSet;

use chrono::NaiveDate;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

pub use details::{ItemDetails, Tier};
pub use invoice::{Invoice, InvoiceItem, InvoicePayment, InvoiceStatus, ItemType, PaymentTransaction};
pub use list::{InvoicePage, ListedInvoice};
pub use reading::{Part, Reading};
pub use writes::{Adjustment, Charge, Credit};

use super::accounts::Tag;
use super::transport::Call;
use super::{Error, KillBill};

/// A tag on an invoice.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InvoiceTag {
    object_id: Uuid,
    tag_definition_id: Uuid,
}

impl InvoiceTag {
    fn is_written_off(&self) -> bool {
        self.tag_definition_id == Tag::WRITTEN_OFF
    }
}

/// Calls about invoices.
#[derive(Debug, Clone, Copy)]
pub struct Invoices<'a>(pub(super) &'a KillBill);

impl Invoices<'_> {
    /// The account's invoices with their items, drafts and voided ones included, by target date; `from` leaves out those billed up to an earlier day.
    ///
    /// # Errors
    /// See [`Error`]; `TooLong` where [`Self::reading`] is to be used.
    pub async fn of_account(&self, account: Uuid, from: Option<NaiveDate>) -> Result<Vec<Invoice>, Error> {
        // Without includeInvoiceComponents Kill Bill sends no items and all amounts as zero.
        let call = self
            .account_call(account, from)
            .query("includeInvoiceComponents", "true");
        call.send().await?.json()
    }

    fn account_call(&self, account: Uuid, from: Option<NaiveDate>) -> Call<'_> {
        let call = self.0.get(&["accounts", &account.to_string(), "invoices"]);
        let call = call.query("includeVoidedInvoices", "true").patient();
        match from {
            Some(from) => call.query("startDate", &from.to_string()),
            None => call,
        }
    }

    /// One invoice with its items.
    ///
    /// # Errors
    /// See [`Error`]; an unknown id is `NotFound`.
    pub async fn get(&self, id: Uuid) -> Result<Invoice, Error> {
        self.0.get(&["invoices", &id.to_string()]).send().await?.json()
    }

    /// The payments of all invoices of the account, failed ones too.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn payments_of_account(&self, account: Uuid) -> Result<Vec<InvoicePayment>, Error> {
        let call = self.0.get(&["accounts", &account.to_string(), "invoicePayments"]);
        call.patient().send().await?.json()
    }

    /// The account's invoices with the tag WRITTEN_OFF: Kill Bill tells it nowhere else.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn written_off(&self, account: Uuid) -> Result<HashSet<Uuid>, Error> {
        let call = self.0.get(&["accounts", &account.to_string(), "allTags"]);
        let tags: Vec<InvoiceTag> = call.query("objectType", "INVOICE").send().await?.json()?;
        let written_off = tags.into_iter().filter(InvoiceTag::is_written_off);
        Ok(written_off.map(|tag| tag.object_id).collect())
    }

    /// Whether one invoice has the tag WRITTEN_OFF.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn is_written_off(&self, id: Uuid) -> Result<bool, Error> {
        let call = self.0.get(&["invoices", &id.to_string(), "tags"]);
        let tags: Vec<InvoiceTag> = call.send().await?.json()?;
        Ok(tags.iter().any(InvoiceTag::is_written_off))
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
