//! What the mirror says after a pass, as the tests compare it.

use nodeconductor_billing::db::discrepancies::{DiscrepancyFilter, DiscrepancyOrder, DiscrepancyRow};
use nodeconductor_billing::db::invoices::{InvoiceFilter, InvoiceRow, ItemRow};
use nodeconductor_billing::db::window::Window;
use nodeconductor_billing::db::{discrepancies, evidence, invoices};
use nodeconductor_billing::domain::reconcile::{LineCheck, Rounding};
use rust_decimal::Decimal;

use super::world::{World, day};

impl World {
    pub async fn invoices(&self) -> Vec<InvoiceRow> {
        let filter = InvoiceFilter {
            limit: 100,
            orders: vec![invoices::Order::OLDEST_FIRST],
            ..InvoiceFilter::default()
        };
        let mut rows = invoices::list(self.pool(), &filter).await.unwrap();
        rows.sort_by_key(|row| row.number.as_deref().unwrap().parse::<u64>().unwrap());
        rows
    }

    /// The only invoice billed up to the day that charges something and is not void.
    pub async fn invoice(&self, target: &str) -> InvoiceRow {
        let mut rows = self.invoices().await;
        rows.retain(|row| row.target_date == Some(day(target)) && row.status.word() != "VOID" && !row.amount.is_zero());
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    pub async fn items(&self, invoice: &InvoiceRow) -> Vec<ItemRow> {
        invoices::items(self.pool(), invoice.id).await.unwrap()
    }

    /// Usage items of a unit that cost something, with their checks.
    pub async fn lines(&self, invoice: &InvoiceRow, unit: &str) -> Vec<(ItemRow, LineCheck)> {
        let mut lines = Vec::new();
        for item in self.items(invoice).await {
            if item.unit.as_deref() == Some(unit) && !item.amount.is_zero() {
                let check = evidence::summary(self.pool(), invoice.id, item.uuid)
                    .await
                    .unwrap()
                    .unwrap();
                lines.push((item, check));
            }
        }
        lines
    }

    /// All that ever did not add up, open ones first.
    pub async fn discrepancies(&self) -> Vec<DiscrepancyRow> {
        let page = Window { limit: 100, offset: 0 };
        discrepancies::list(
            self.pool(),
            &DiscrepancyFilter::default(),
            DiscrepancyOrder::Newest,
            page,
        )
        .await
        .unwrap()
    }

    /// Kind and amount of the invoice's open discrepancies.
    pub async fn open(&self, invoice: &InvoiceRow) -> Vec<(String, Decimal)> {
        let rows = discrepancies::of_invoice(self.pool(), invoice.id).await.unwrap();
        rows.into_iter()
            .map(|row| (row.kind.word().to_owned(), row.amount.normalize()))
            .collect()
    }
}

pub fn explained(check: &LineCheck) -> Vec<(Rounding, Decimal)> {
    check
        .explained
        .iter()
        .map(|explanation| (explanation.kind, explanation.amount))
        .collect()
}
