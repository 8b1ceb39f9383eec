//! Kill Bill's invoices, read for our marks.

use chrono::NaiveDate;
use uuid::Uuid;

use super::Settler;
use crate::domain::invoice::InvoiceStatus;
use crate::domain::settlement::{Mark, SeenInvoice};
use crate::killbill;
use crate::killbill::invoices::{Invoice, InvoiceStatus as Status};

impl Settler {
    /// The account's invoices that carry a mark of ours: all, or those made from a day on by Kill Bill's clock.
    pub(super) async fn marked(
        &self,
        account: Uuid,
        from: Option<NaiveDate>,
    ) -> Result<Vec<SeenInvoice>, killbill::Error> {
        let mut reading = self.killbill.invoices().reading(account, from);
        let mut marked = Vec::new();
        while let Some(part) = reading.next().await? {
            let seen = part.invoices().iter().map(seen).collect::<Vec<_>>();
            marked.extend(seen.into_iter().filter(|invoice| !invoice.marks.is_empty()));
        }
        Ok(marked)
    }

    /// One invoice as it is now; `None` when there is none of that id.
    pub(super) async fn invoice(&self, id: Uuid) -> Result<Option<SeenInvoice>, killbill::Error> {
        match self.killbill.invoices().get(id).await {
            Ok(invoice) => Ok(Some(seen(&invoice))),
            Err(killbill::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn seen(invoice: &Invoice) -> SeenInvoice {
    let details = invoice.items.iter().filter_map(|item| item.item_details.as_deref());
    SeenInvoice {
        id: invoice.invoice_id,
        number: invoice
            .invoice_number
            .as_deref()
            .and_then(|number| number.parse().ok())
            .unwrap_or(u64::MAX),
        status: match invoice.status {
            Some(Status::Draft) => InvoiceStatus::Draft,
            Some(Status::Void) => InvoiceStatus::Void,
            _ => InvoiceStatus::Committed,
        },
        marks: details.filter_map(Mark::parse).collect(),
    }
}
