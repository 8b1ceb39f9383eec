//! `/invoices`: reading them, and asking for a run.

use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, number};
use super::books::{Books, Invoice};
use super::wire::Request;

impl Books {
    pub fn invoices_call(&mut self, request: &Request) -> Answer {
        match (request.method.as_str(), request.segments().as_slice()) {
            ("POST", ["invoices"]) => self.trigger(request),
            ("POST", ["invoices", "dryRun"]) => Answer::empty(204),
            ("GET", ["invoices", "pagination"]) => self.listed(request),
            ("GET", ["invoices", id]) => {
                self.on_invoice(id, |books, at| Answer::json(&books.invoice_json(&books.invoices[at])))
            }
            ("GET", ["invoices", id, "tags"]) => self.on_invoice(id, |_, _| Answer::json(&Value::Array(Vec::new()))),
            ("GET", ["invoices", id, "payments"]) => self.on_invoice(id, Self::payments),
            ("PUT", ["invoices", id, "voidInvoice"]) => self.on_invoice(id, Self::void),
            ("PUT", ["invoices", id, "commitInvoice"]) => self.on_invoice(id, Self::commit),
            ("POST", ["invoices", "charges", account]) => self.charge(account, request),
            ("POST", ["credits"]) => self.credit(request),
            ("POST", ["invoices", id, "payments"]) => self.on_invoice(id, |books, at| books.pay(at, request)),
            ("POST", ["invoices", id]) => self.on_invoice(id, |books, at| books.adjust(at, request)),
            _ => Answer::page(404),
        }
    }

    fn on_invoice(&mut self, id: &str, act: impl FnOnce(&mut Self, usize) -> Answer) -> Answer {
        let parsed: Option<Uuid> = id.parse().ok();
        match self.invoices.iter().position(|invoice| Some(invoice.id) == parsed) {
            Some(at) => act(self, at),
            None => Answer::unknown(id),
        }
    }

    pub fn invoices_of(&self, account: Uuid, request: &Request) -> Answer {
        let from = request
            .query("startDate")
            .and_then(|text| text.parse::<NaiveDate>().ok());
        let voided = request.query("includeVoidedInvoices") == Some("true");
        let mut found: Vec<_> = self
            .invoices
            .iter()
            .filter(|invoice| invoice.account == account && (voided || invoice.status != "VOID"))
            .filter(|invoice| from.is_none_or(|from| invoice.target >= from))
            .collect();
        found.sort_by_key(|invoice| (invoice.target, invoice.number));
        let whole = request.query("includeInvoiceComponents") == Some("true");
        let shown = |invoice| {
            if whole {
                self.invoice_json(invoice)
            } else {
                shallow(invoice)
            }
        };
        Answer::json(&found.into_iter().map(shown).collect())
    }

    /// All of them, drafts and voided ones too, in the order in which they came; without items and amounts.
    fn listed(&self, request: &Request) -> Answer {
        let (offset, limit) = request.page();
        let listed = self.invoices.iter().skip(offset).take(limit).map(shallow);
        Answer {
            page: Some((offset, self.invoices.len())),
            ..Answer::json(&listed.collect())
        }
    }

    fn trigger(&mut self, request: &Request) -> Answer {
        let account = request.query("accountId").and_then(|id| id.parse().ok());
        let Some(account) = account.filter(|id| self.account(*id).is_some()) else {
            return Answer::complaint(404, Some(3002), "Account does not exist");
        };
        let target = request.query("targetDate").and_then(|text| text.parse().ok());
        match self.run(account, target.unwrap_or_else(|| self.today())) {
            Ok(done) => {
                self.park(account, false);
                done.map_or_else(|| Answer::empty(404), |id| Answer::created("invoices", id))
            }
            // Who asks is told, and the account is not parked for it.
            Err(_) => Answer::complaint(500, None, "ILLEGAL INVOICING STATE"),
        }
    }

    fn payments(&mut self, at: usize) -> Answer {
        Answer::json(&Value::Array(payments_json(&self.invoices[at])))
    }

    pub fn payments_of(&self, account: Uuid) -> Answer {
        let own = self.invoices.iter().filter(|invoice| invoice.account == account);
        Answer::json(&Value::Array(own.flat_map(payments_json).collect()))
    }
}

fn payments_json(invoice: &Invoice) -> Vec<Value> {
    let payment = |(id, amount): &(Uuid, rust_decimal::Decimal)| -> Value {
        json!({"paymentId": id, "accountId": invoice.account, "targetInvoiceId": invoice.id, "purchasedAmount": number(*amount)})
    };
    invoice.paid.iter().map(payment).collect()
}

/// As in lists: without items and amounts.
fn shallow(invoice: &Invoice) -> Value {
    json!({"invoiceId": invoice.id, "accountId": invoice.account, "status": invoice.status, "amount": 0.0, "items": []})
}
