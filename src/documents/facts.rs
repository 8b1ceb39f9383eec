//! What is said of an invoice beside its document: its file's name, and what a letter says of it.

use chrono::NaiveDate;

use super::{DocumentError, Documents, Kind, invoice};
use crate::db::invoices::InvoiceRow;
use crate::domain::customer::Snapshot;
use crate::domain::money::Money;

/// What a letter says of an invoice.
#[derive(Clone, Debug)]
pub struct Facts {
    pub number: String,
    pub customer: String,
    /// Who sent the invoice; may be empty.
    pub issuer: String,
    /// Where answers go; may be empty.
    pub reply_to: String,
    pub date: NaiveDate,
    pub total: Money,
    /// None when nothing is left to pay.
    pub owed: Option<Money>,
    pub due: Option<NaiveDate>,
    pub file_name: String,
}

impl Documents {
    /// The same facts as in the invoice's document.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn facts(&self, invoice: &InvoiceRow) -> Result<Facts, DocumentError> {
        let issuers = self.issuers().await?;
        let issuer = issuers.at(invoice.first_seen_at);
        let money = |amount| Money {
            amount,
            currency: invoice.currency.clone(),
        };
        Ok(Facts {
            number: invoice::number(invoice),
            customer: Snapshot::of(&invoice.customer_snapshot).name,
            issuer: issuer.name.clone(),
            reply_to: issuer.email.clone(),
            date: invoice.invoice_date,
            total: money(invoice.amount),
            owed: invoice.standing().falls_due().then(|| money(invoice.balance)),
            due: invoice::due_date(invoice, self.payment_days),
            file_name: file_name(invoice, Kind::Invoice),
        })
    }
}

/// `2026-02-01-invoice-17.pdf`, `2026-02-01-invoice-17-usage.pdf`: NodeConductor's names (nodeconductor.md 2.4).
#[must_use]
pub fn file_name(invoice: &InvoiceRow, kind: Kind) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let number = invoice
        .number
        .clone()
        .unwrap_or_else(|| invoice.uuid.simple().to_string());
    let number: String = number.chars().map(safe).collect();
    let ending = match kind {
        Kind::Invoice => "",
        Kind::Usage => "-usage",
    };
    format!("{}-invoice-{number}{ending}.pdf", invoice.invoice_date)
}
