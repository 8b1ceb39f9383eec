//! The list of all invoices of the tenant, page by page: without items and amounts, but in the order in which they came.

use serde::Deserialize;
use uuid::Uuid;

use super::Invoices;
use crate::killbill::Error;

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoicePage {
    pub invoices: Vec<ListedInvoice>,
    /// How many there are in all.
    pub total: i64,
}

/// What the list tells of an invoice; its amounts are always zero there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedInvoice {
    pub invoice_id: Uuid,
    pub account_id: Uuid,
}

impl Invoices<'_> {
    /// Up to `limit` invoices after the first `offset`, drafts and voided ones included. A new one comes at the end; one
    /// whose transaction was slow to commit may come before others that were there already.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn page(&self, offset: i64, limit: i64) -> Result<InvoicePage, Error> {
        let call = self
            .0
            .get(&["invoices", "pagination"])
            .query("offset", &offset.to_string());
        let answer = call.query("limit", &limit.to_string()).send().await?;
        Ok(InvoicePage {
            total: answer.total()?,
            invoices: answer.json()?,
        })
    }
}
