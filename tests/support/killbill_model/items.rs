//! Invoices and their items as JSON.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::number;
use super::books::{Books, Invoice, Item};

impl Books {
    pub fn invoice_json(&self, invoice: &Invoice) -> Value {
        let items: Vec<Value> = invoice.items.iter().map(|item| self.item_json(invoice, item)).collect();
        let tracking_ids: Vec<&String> = invoice.tracking_ids.iter().map(|(_, id)| id).collect();
        json!({"invoiceId": invoice.id, "accountId": invoice.account, "invoiceNumber": invoice.number.to_string(),
               "status": invoice.status, "invoiceDate": invoice.date, "targetDate": invoice.target,
               "currency": self.currency_of(invoice.account), "amount": number(invoice.amount()),
               "balance": number(invoice.balance()), "creditAdj": number(invoice.credits()), "refundAdj": 0,
               "items": items, "trackingIds": tracking_ids, "isParentInvoice": false,
               "parentInvoiceId": null, "parentAccountId": null})
    }

    pub fn item_json(&self, invoice: &Invoice, item: &Item) -> Value {
        let subscription = item.subscription.and_then(|id| self.subscription(id));
        let plan = subscription.map(|one| one.plan.as_str());
        let prices = subscription.and_then(|one| self.version_of(one)?.plan(&one.plan));
        let usage = prices.and_then(|plan| {
            plan.usages
                .iter()
                .find(|usage| Some(&usage.name) == item.usage.as_ref())
        });
        let product = prices.map(|plan| &plan.product);
        json!({"invoiceItemId": item.id, "invoiceId": invoice.id, "linkedInvoiceItemId": item.linked,
               "accountId": invoice.account, "bundleId": subscription.map(|one| one.bundle), "subscriptionId": item.subscription,
               "productName": product, "planName": plan, "phaseName": plan.map(|plan| format!("{plan}-evergreen")),
               "usageName": item.usage, "prettyProductName": product, "prettyPlanName": plan, "prettyPhaseName": plan,
               "prettyUsageName": usage.map(|usage| &usage.pretty), "itemType": item.kind, "description": item.description,
               "startDate": item.start, "endDate": item.end, "amount": number(item.amount),
               "rate": item.rate.map(number), "currency": self.currency_of(invoice.account),
               "quantity": item.quantity.map(number), "itemDetails": item.details,
               "catalogEffectiveDate": subscription.and_then(|one| Some(self.version_of(one)?.effective))})
    }

    pub fn currency_of(&self, account: Uuid) -> Option<&str> {
        self.account(account).and_then(|account| account.currency.as_deref())
    }

    /// Less than nothing when the account has credit in hand.
    pub fn balance_of(&self, account: Uuid) -> Decimal {
        self.standing(account).map(Invoice::balance).sum::<Decimal>() - self.credit_of(account)
    }
}

impl Invoice {
    pub fn sum(&self, counts: impl Fn(&str) -> bool) -> Decimal {
        self.items
            .iter()
            .filter(|item| counts(item.kind))
            .map(|item| item.amount)
            .sum()
    }

    /// Charges, adjustments and credits; nothing for an invoice that is only a credit and its way to the account.
    pub fn amount(&self) -> Decimal {
        let only_credit = self.items.len() == 2
            && self
                .items
                .iter()
                .all(|item| matches!(item.kind, "CBA_ADJ" | "CREDIT_ADJ"));
        if only_credit && self.sum(|_| true).is_zero() {
            Decimal::ZERO
        } else {
            self.sum(|kind| kind != "CBA_ADJ")
        }
    }

    /// What it gives to its account, or takes from it.
    pub fn credits(&self) -> Decimal {
        self.sum(|kind| kind == "CBA_ADJ")
    }

    /// What is still to be paid.
    pub fn balance(&self) -> Decimal {
        if self.status == "COMMITTED" {
            let paid: Decimal = self.paid.iter().map(|(_, amount)| *amount).sum();
            self.sum(|_| true) - paid
        } else {
            Decimal::ZERO
        }
    }
}
