//! What settlements send, and what the invoices and refusals of either server say about it, in words.

use std::fmt::Write;

use nodeconductor_billing::killbill::Error;
use nodeconductor_billing::killbill::invoices::{Charge, Credit, Invoice, InvoiceItem, ItemType};
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use super::super::bench::Customer;

/// A line of January with our mark.
pub fn charge(amount: Decimal, mark: &str) -> Charge {
    Charge {
        amount,
        currency: "USD".to_owned(),
        description: "Support".to_owned(),
        item_details: Some(mark.to_owned()),
        subscription_id: None,
        start_date: Some("2030-01-01".parse().unwrap()),
        end_date: Some("2030-02-01".parse().unwrap()),
        quantity: None,
        rate: None,
    }
}

impl Customer {
    /// Back to the account, on a draft or on an invoice of its own.
    pub fn credit(&self, amount: Decimal, mark: &str, on: Option<Uuid>) -> Credit {
        Credit {
            account_id: self.account,
            amount,
            currency: "USD".to_owned(),
            description: "Support".to_owned(),
            item_details: Some(mark.to_owned()),
            invoice_id: on,
            quantity: Some(dec!(3)),
            rate: Some(dec!(0.1)),
        }
    }

    /// Charges: a draft, or committed at once.
    pub async fn charge(&self, charges: &[Charge], commit: bool) -> Result<Uuid, String> {
        let items = self.kb.invoices().charge(self.account, charges, commit).await;
        let items = items.map_err(refused)?;
        assert_eq!(items.len(), charges.len());
        Ok(items[0].invoice_id)
    }

    /// A draft of one line.
    pub async fn draft(&self, amount: Decimal, mark: &str) -> Uuid {
        self.charge(&[charge(amount, mark)], false).await.unwrap()
    }

    /// Puts a credit on a draft.
    pub async fn put(&self, amount: Decimal, mark: &str, on: Uuid) -> Result<(), String> {
        let credits = [self.credit(amount, mark, Some(on))];
        let items = self.kb.invoices().credit(&credits, false).await.map_err(refused)?;
        assert_eq!(items.len(), 1, "{items:?}");
        assert_eq!((items[0].invoice_id, &items[0].item_type), (on, &ItemType::CreditAdj));
        Ok(())
    }

    pub async fn commit(&self, invoice: Uuid) -> Result<(), String> {
        self.kb.invoices().commit(invoice).await.map_err(refused)
    }

    pub async fn void(&self, invoice: Uuid) -> Result<(), String> {
        self.kb.invoices().void(invoice).await.map_err(refused)
    }

    /// What is left to pay on all invoices, less what is in hand.
    pub async fn owed(&self) -> Decimal {
        let account = self.kb.accounts().get(self.account).await.unwrap();
        account.account_balance.unwrap().normalize()
    }

    /// Every invoice with its lines, in the order in which they were made.
    pub async fn told(&self) -> Vec<String> {
        let mut invoices = self.kb.invoices().of_account(self.account, None).await.unwrap();
        invoices.sort_by_key(|invoice| invoice.invoice_number.clone().map(|number| (number.len(), number)));
        invoices.iter().flat_map(lines).collect()
    }
}

fn lines(invoice: &Invoice) -> Vec<String> {
    let head = format!(
        "{:?}: {} with {} credited, {} owed",
        invoice.status.as_ref().unwrap(),
        invoice.amount.normalize(),
        invoice.credit_adj.unwrap_or_default().normalize(),
        invoice.balance.normalize()
    );
    let mut items: Vec<String> = invoice.items.iter().map(|item| line(invoice, item)).collect();
    items.sort();
    std::iter::once(head).chain(items).collect()
}

fn line(invoice: &Invoice, item: &InvoiceItem) -> String {
    let mut text = format!("- {:?} {}", item.item_type, item.amount.normalize());
    if let Some(usage) = &item.usage_name {
        return format!("{text} of {usage}");
    }
    let day = |day: Option<chrono::NaiveDate>| match day {
        None => "-".to_owned(),
        day if day == invoice.invoice_date => "today".to_owned(),
        Some(day) => day.to_string(),
    };
    write!(text, ", {} to {}", day(item.start_date), day(item.end_date)).unwrap();
    if let (Some(quantity), Some(rate)) = (item.quantity, item.rate) {
        write!(text, ", {} x {}", quantity.normalize(), rate.normalize()).unwrap();
    }
    if let Some(mark) = &item.item_details {
        write!(text, ", {} [{mark}]", item.description.as_deref().unwrap_or_default()).unwrap();
    }
    text
}

/// Status and code of a refusal.
pub fn refused(error: Error) -> String {
    let code = error
        .code()
        .map_or_else(|| "no code".to_owned(), |code| code.to_string());
    match error {
        Error::Refused { status, .. } | Error::Busy { status, .. } => format!("{status}, {code}"),
        Error::NotFound { .. } => format!("404, {code}"),
        other => format!("{other:?}"),
    }
}
