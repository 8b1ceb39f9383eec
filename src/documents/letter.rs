//! The letter that goes with an invoice's document: the same facts in a few words; and the document's name.

use super::{DocumentError, DocumentKind, Documents, invoice};
use crate::db::invoices::InvoiceRow;
use crate::domain::customer::Snapshot;
use crate::domain::mail::Letter;
use crate::domain::money::Money;

impl Documents {
    /// The letter to the invoice's customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn letter(&self, invoice: &InvoiceRow) -> Result<Letter, DocumentError> {
        let issuers = self.issuers().await?;
        let issuer = issuers.at(invoice.first_seen_at);
        let money = |amount| Money {
            amount,
            currency: invoice.currency.clone(),
        };
        Ok(Letter {
            number: invoice::number(invoice),
            customer: Snapshot::of(&invoice.customer_snapshot).name,
            issuer: issuer.name.clone(),
            reply_to: issuer.email.clone(),
            date: invoice.invoice_date,
            total: money(invoice.amount),
            owed: invoice.standing().falls_due().then(|| money(invoice.balance)),
            due: invoice::due_date(invoice, self.payment_days),
            file_name: file_name(invoice, DocumentKind::Invoice),
        })
    }
}

/// `2026-02-01-invoice-17.pdf`, `2026-02-01-invoice-17-usage.pdf`: NodeConductor's names (nodeconductor.md 2.4).
#[must_use]
pub fn file_name(invoice: &InvoiceRow, kind: DocumentKind) -> String {
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
        DocumentKind::Invoice => "",
        DocumentKind::Usage => "-usage",
    };
    format!("{}-invoice-{number}{ending}.pdf", invoice.invoice_date)
}
