//! Money that is not usage: external charges, adjustments, drafts and what becomes of them, payments.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, decimal, id, text};
use super::books::{Books, Item};
use super::columns;
use super::rating::{cents, nine_places};
use super::wire::Request;

impl Books {
    pub fn charge(&mut self, account: &str, request: &Request) -> Answer {
        let Some(account) = account.parse().ok().filter(|id| self.account(*id).is_some()) else {
            return Answer::unknown(account);
        };
        let given: Vec<Value> = serde_json::from_slice(&request.body).unwrap_or_default();
        if given.is_empty() {
            return Answer::json(&json!([]));
        }
        if let Some(refused) = self.refused_charge(account, &given) {
            return refused;
        }
        self.add_invoice(account, status(request), self.today(), Vec::new(), Vec::new());
        let at = self.invoices.len() - 1;
        let items = given.iter().map(|charge| Item {
            end: day(charge, "endDate"),
            ..self.given(charge, "EXTERNAL_CHARGE", Decimal::ONE)
        });
        let items: Vec<Item> = items.collect();
        let ids: Vec<Uuid> = items.into_iter().map(|item| self.add_item(at, item)).collect();
        self.use_credit(account, Decimal::ZERO);
        self.items_json(at, &ids)
    }

    /// All or nothing.
    fn refused_charge(&self, account: Uuid, given: &[Value]) -> Option<Answer> {
        let is_negative = |charge: &Value| decimal(&charge["amount"]).is_none_or(|amount| amount < Decimal::ZERO);
        if let Some(refused) = self.foreign_currency(account, given) {
            return Some(refused);
        }
        if given.iter().any(is_negative) {
            return Some(Answer::complaint(
                400,
                Some(4015),
                "The amount should be strictly positive",
            ));
        }
        columns::overflow(given)
    }

    pub fn foreign_currency(&self, account: Uuid, given: &[Value]) -> Option<Answer> {
        let is_foreign = |line: &Value| line["currency"].as_str() != self.currency_of(account);
        let is_bad = given.iter().any(is_foreign);
        is_bad.then(|| Answer::complaint(400, Some(3), "The currency is not the account's"))
    }

    pub fn adjust(&mut self, at: usize, request: &Request) -> Answer {
        let given: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let linked = id(&given, "invoiceItemId");
        let items = &self.invoices[at].items;
        let Some(adjusted) = items.iter().find(|item| Some(item.id) == linked) else {
            return Answer::complaint(404, Some(4011), "No item could be found for id");
        };
        let others = items
            .iter()
            .filter(|item| item.linked.is_some() && item.linked == linked);
        let left = adjusted.amount + others.map(|item| item.amount).sum::<Decimal>();
        let item = self.given(&given, "ITEM_ADJ", -Decimal::ONE);
        if left + item.amount < Decimal::ZERO {
            return Answer::complaint(400, Some(4020), "The adjustment is more than the item");
        }
        self.add_item(at, Item { linked, ..item });
        Answer::created("invoices", self.invoices[at].id)
    }

    pub fn pay(&mut self, at: usize, request: &Request) -> Answer {
        let given: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let id = self.new_id();
        let amount = decimal(&given["purchasedAmount"]).unwrap_or_default();
        self.invoices[at].paid.push((id, amount));
        Answer::created("invoices", id)
    }

    pub fn commit(&mut self, at: usize) -> Answer {
        if self.invoices[at].status != "DRAFT" {
            return Answer::complaint(400, Some(4023), "The invoice is no draft");
        }
        self.invoices[at].status = "COMMITTED";
        self.use_credit(self.invoices[at].account, Decimal::ZERO);
        Answer::empty(204)
    }

    /// A draft can always be voided, also one whose credit was used.
    pub fn void(&mut self, at: usize) -> Answer {
        let (invoice, account) = (&self.invoices[at], self.invoices[at].account);
        if invoice.status == "VOID" {
            return Answer::complaint(400, Some(4023), "The invoice is void");
        }
        if !invoice.paid.is_empty() {
            return Answer::complaint(400, Some(4028), "The invoice is paid");
        }
        if invoice.status == "COMMITTED" && invoice.credits() > Decimal::ZERO.max(self.credit_of(account)) {
            return Answer::complaint(400, Some(4033), "The credit of the invoice is used");
        }
        self.invoices[at].status = "VOID";
        self.use_credit(account, Decimal::ZERO);
        Answer::empty(204)
    }

    /// A line as it was asked for, of today, unless it says otherwise.
    pub fn given(&self, given: &Value, kind: &'static str, sign: Decimal) -> Item {
        let amount = decimal(&given["amount"]).unwrap_or_default();
        Item {
            kind,
            subscription: id(given, "subscriptionId"),
            start: day(given, "startDate").unwrap_or_else(|| self.today()),
            end: Some(self.today()),
            amount: cents(amount) * sign,
            rate: decimal(&given["rate"]).map(nine_places),
            quantity: decimal(&given["quantity"]).map(nine_places),
            description: text(given, "description").unwrap_or_default(),
            details: text(given, "itemDetails"),
            ..Item::default()
        }
    }

    pub fn add_item(&mut self, at: usize, item: Item) -> Uuid {
        let id = self.new_id();
        self.invoices[at].items.push(Item { id, ..item });
        id
    }

    pub fn items_json(&self, at: usize, ids: &[Uuid]) -> Answer {
        let invoice = &self.invoices[at];
        let items = invoice.items.iter().filter(|item| ids.contains(&item.id));
        Answer::json(&items.map(|item| self.item_json(invoice, item)).collect())
    }
}

fn day(given: &Value, field: &str) -> Option<NaiveDate> {
    text(given, field)?.parse().ok()
}

pub fn status(request: &Request) -> &'static str {
    if request.query("autoCommit") == Some("true") {
        "COMMITTED"
    } else {
        "DRAFT"
    }
}
