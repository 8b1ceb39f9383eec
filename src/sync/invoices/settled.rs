//! What Kill Bill tells beside an invoice: its payments, failed ones too, and whether it was written off. Of a whole account when
//! that is read in full, so that a failed payment is seen although the invoice stays as it was; else of what changed.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::wire;
use crate::db::invoices::{InvoiceRecord, PaymentRecord};
use crate::domain::invoice::InvoiceStatus;
use crate::killbill::invoices::Invoice;
use crate::killbill::{Error, KillBill};

/// The same for all invoices of an account, asked for once.
#[derive(Default)]
pub(super) struct Settled {
    payments: HashMap<Uuid, Vec<PaymentRecord>>,
    written_off: HashSet<Uuid>,
}

impl Settled {
    /// Two requests for an account that was ever paid, one for others, none without anything to pay.
    pub(super) async fn of_account(
        killbill: &KillBill,
        account: Uuid,
        records: &[InvoiceRecord],
    ) -> Result<Self, Error> {
        let mut settled = Self::default();
        let calls = killbill.invoices();
        if records
            .iter()
            .any(|record| record.status == InvoiceStatus::Committed && !record.amount.is_zero())
        {
            for payment in calls.payments_of_account(account).await? {
                if let Some(invoice) = payment.target_invoice_id {
                    settled
                        .payments
                        .entry(invoice)
                        .or_default()
                        .push(wire::payment(&payment));
                }
            }
        }
        if records.iter().any(wire::claims_payment) {
            settled.written_off = calls.written_off(account).await?;
        }
        Ok(settled)
    }

    /// Of one invoice.
    pub(super) async fn of_invoice(killbill: &KillBill, record: &InvoiceRecord) -> Result<Self, Error> {
        let mut settled = Self::default();
        let calls = killbill.invoices();
        if record.status == InvoiceStatus::Committed && !record.amount.is_zero() {
            let payments = calls.payments(record.killbill_id).await?;
            let payments = payments.iter().map(wire::payment).collect();
            settled.payments.insert(record.killbill_id, payments);
        }
        if wire::claims_payment(record) && calls.is_written_off(record.killbill_id).await? {
            settled.written_off.insert(record.killbill_id);
        }
        Ok(settled)
    }

    /// Puts what is known of the invoice into its record, and gives its payments. An invoice whose parent account pays is zero when
    /// the parent's is, and that may have been written off.
    pub(super) async fn settle(
        &self,
        killbill: &KillBill,
        invoice: &Invoice,
        record: &mut InvoiceRecord,
    ) -> Result<&[PaymentRecord], Error> {
        let calls = killbill.invoices();
        record.written_off = self.written_off.contains(&record.killbill_id);
        if let Some(parent) = invoice.parent_invoice_id.filter(|_| wire::claims_payment(record)) {
            record.written_off |= calls.is_written_off(parent).await?;
        }
        Ok(self.payments.get(&record.killbill_id).map_or(&[], Vec::as_slice))
    }
}
