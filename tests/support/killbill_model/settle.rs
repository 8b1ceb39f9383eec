//! Money that is not usage: external charges, credits, adjustments, drafts and what becomes of them, payments.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, decimal, id, text};
use super::books::{Books, Item};
use super::rating::cents;
use super::wire::Request;

impl Books {
    pub fn charge(&mut self, account: &str, request: &Request) -> Answer {
        let Some(account) = account.parse().ok().filter(|id| self.account(*id).is_some()) else {
            return Answer::unknown(account);
        };
        let given: Vec<Value> = serde_json::from_slice(&request.body).unwrap_or_default();
        if let Some(refused) = self.refusal(account, &given) {
            return refused;
        }
        let items = given
            .iter()
            .map(|charge| self.item(charge, "EXTERNAL_CHARGE", Decimal::ONE))
            .collect();
        let invoice = self.add_invoice(account, status(request), self.today(), items, Vec::new());
        self.use_credit(account);
        self.items_json(invoice, "EXTERNAL_CHARGE")
    }

    /// All or nothing.
    fn refusal(&self, account: Uuid, given: &[Value]) -> Option<Answer> {
        let foreign = |charge: &&Value| charge["currency"].as_str() != self.currency_of(account);
        if given.iter().any(|charge| foreign(&charge)) {
            return Some(Answer::complaint(400, Some(3), "The currency is not the account's"));
        }
        let negative = |charge: &Value| decimal(&charge["amount"]).is_none_or(|amount| amount < Decimal::ZERO);
        let is_bad = given.iter().any(negative);
        is_bad.then(|| Answer::complaint(400, Some(4015), "The amount should be strictly positive"))
    }

    pub fn credit(&mut self, request: &Request) -> Answer {
        let given: Vec<Value> = serde_json::from_slice(&request.body).unwrap_or_default();
        let Some(account) = given.first().and_then(|credit| id(credit, "accountId")) else {
            return Answer::complaint(400, None, "no accountId");
        };
        let items: Vec<Item> = given
            .iter()
            .flat_map(|credit| {
                [
                    self.item(credit, "CREDIT_ADJ", -Decimal::ONE),
                    Item {
                        details: None,
                        ..self.item(credit, "CBA_ADJ", Decimal::ONE)
                    },
                ]
            })
            .collect();
        let invoice = match given.first().and_then(|credit| id(credit, "invoiceId")) {
            None => self.add_invoice(account, status(request), self.today(), items, Vec::new()),
            Some(draft) => match self.invoices.iter().position(|invoice| invoice.id == draft) {
                None => return Answer::complaint(404, Some(4006), "No invoice could be found for id"),
                Some(at) if self.invoices[at].status == "COMMITTED" => {
                    return Answer::complaint(400, Some(4024), "The invoice is committed");
                }
                Some(at) if self.invoices[at].status == "VOID" => {
                    return Answer::complaint(500, None, "The invoice is void");
                }
                Some(at) => {
                    let ids: Vec<Uuid> = items.iter().map(|_| self.new_id()).collect();
                    let named = items.into_iter().zip(ids).map(|(item, id)| Item { id, ..item });
                    self.invoices[at].items.extend(named);
                    draft
                }
            },
        };
        self.use_credit(account);
        self.items_json(invoice, "CREDIT_ADJ")
    }

    /// Credit goes to what is unpaid, the oldest first.
    pub fn use_credit(&mut self, account: Uuid) {
        let own = |invoice: &super::books::Invoice| invoice.account == account && invoice.status != "VOID";
        let items = self
            .invoices
            .iter()
            .filter(|invoice| own(invoice))
            .flat_map(|invoice| &invoice.items);
        let mut left: Decimal = items
            .filter(|item| item.kind == "CBA_ADJ")
            .map(|item| item.amount)
            .sum();
        for at in 0..self.invoices.len() {
            let owed = self.invoices[at].balance();
            if own(&self.invoices[at]) && owed > Decimal::ZERO && left > Decimal::ZERO {
                let used = owed.min(left);
                left -= used;
                let (id, today) = (self.new_id(), self.today());
                self.invoices[at].items.push(Item {
                    id,
                    kind: "CBA_ADJ",
                    start: today,
                    end: Some(today),
                    amount: -used,
                    ..Item::default()
                });
            }
        }
    }

    pub fn adjust(&mut self, at: usize, request: &Request) -> Answer {
        let given: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let linked = id(&given, "invoiceItemId");
        if !self.invoices[at].items.iter().any(|item| Some(item.id) == linked) {
            return Answer::complaint(404, Some(4011), "No item could be found for id");
        }
        let item = self.item(&given, "ITEM_ADJ", -Decimal::ONE);
        let id = self.new_id();
        self.invoices[at].items.push(Item { id, linked, ..item });
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
        self.use_credit(self.invoices[at].account);
        Answer::empty(204)
    }

    pub fn void(&mut self, at: usize) -> Answer {
        if !self.invoices[at].paid.is_empty() {
            return Answer::complaint(400, Some(4028), "The invoice is paid");
        }
        self.invoices[at].status = "VOID";
        Answer::empty(204)
    }

    fn item(&self, given: &Value, kind: &'static str, sign: Decimal) -> Item {
        let day = |field| text(given, field).and_then(|day| day.parse::<NaiveDate>().ok());
        let amount = decimal(&given["amount"]).unwrap_or_default();
        Item {
            kind,
            subscription: id(given, "subscriptionId"),
            start: day("startDate").unwrap_or_else(|| self.today()),
            end: day("endDate"),
            amount: cents(amount) * sign,
            rate: decimal(&given["rate"]),
            quantity: decimal(&given["quantity"]),
            description: text(given, "description").unwrap_or_default(),
            details: text(given, "itemDetails"),
            ..Item::default()
        }
    }

    fn items_json(&self, invoice: Uuid, kind: &str) -> Answer {
        let found = self.invoices.iter().find(|known| known.id == invoice);
        let items = found.map_or_else(Vec::new, |invoice| {
            let of_kind = invoice.items.iter().filter(|item| item.kind == kind);
            of_kind.map(|item| self.item_json(invoice, item)).collect()
        });
        Answer::json(&json!(items))
    }
}

fn status(request: &Request) -> &'static str {
    if request.query("autoCommit") == Some("true") {
        "COMMITTED"
    } else {
        "DRAFT"
    }
}
