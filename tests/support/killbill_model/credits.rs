//! Credits: put on an invoice of their own or on a draft, and used on what is unpaid. What an account has in hand is counted
//! over committed invoices only, so the credit of a draft is used at once, or not before its commit.

use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::answer::{Answer, decimal, id};
use super::books::{Books, Invoice, Item};
use super::columns;
use super::settle::status;
use super::wire::Request;

impl Books {
    pub fn credit(&mut self, request: &Request) -> Answer {
        let given: Vec<Value> = serde_json::from_slice(&request.body).unwrap_or_default();
        let Some(first) = given.first() else {
            return Answer::complaint(500, None, "IndexOutOfBoundsException");
        };
        let Some(account) = id(first, "accountId").filter(|id| self.account(*id).is_some()) else {
            return Answer::unknown("account");
        };
        let draft = match id(first, "invoiceId").map(|id| self.draft_of(account, id)).transpose() {
            Ok(draft) => draft,
            Err(refused) => return refused,
        };
        if let Some(refused) = self.refused_credit(account, &given) {
            return refused;
        }
        let items = given
            .iter()
            .map(|credit| self.given(credit, "CREDIT_ADJ", -Decimal::ONE));
        let items: Vec<Item> = items.collect();
        let at = draft.unwrap_or_else(|| {
            self.add_invoice(account, status(request), self.today(), Vec::new(), Vec::new());
            self.invoices.len() - 1
        });
        let ids: Vec<Uuid> = items.into_iter().map(|item| self.add_item(at, item)).collect();
        self.keep_credit(at);
        self.items_json(at, &ids)
    }

    fn draft_of(&self, account: Uuid, id: Uuid) -> Result<usize, Answer> {
        let Some(at) = self.invoices.iter().position(|invoice| invoice.id == id) else {
            return Err(Answer::unknown(&id.to_string()));
        };
        match self.invoices[at].status {
            "COMMITTED" => Err(Answer::complaint(400, Some(4024), "The invoice is committed")),
            "VOID" => Err(Answer::complaint(500, None, "The invoice is void")),
            _ if self.invoices[at].account != account => Err(Answer::complaint(500, None, "Another's invoice")),
            _ => Ok(at),
        }
    }

    /// All or nothing.
    fn refused_credit(&self, account: Uuid, given: &[Value]) -> Option<Answer> {
        let is_negative = |credit: &Value| decimal(&credit["amount"]).is_none_or(|amount| amount < Decimal::ZERO);
        if given.iter().any(is_negative) {
            return Some(Answer::complaint(
                400,
                Some(4009),
                "The credit amount should be positive",
            ));
        }
        self.foreign_currency(account, given)
            .or_else(|| columns::overflow(given))
    }

    /// An invoice that comes to less than nothing gives the rest to its account, which uses it at once.
    fn keep_credit(&mut self, at: usize) {
        let (account, rest) = (self.invoices[at].account, -self.invoices[at].sum(|_| true));
        let is_draft = self.invoices[at].status == "DRAFT";
        let mut new = Decimal::ZERO;
        if rest > Decimal::ZERO {
            self.move_credit(at, rest);
            new = rest;
        }
        let beside = if is_draft { new } else { Decimal::ZERO };
        self.use_credit(account, beside);
    }

    /// Credit goes to what is unpaid, the oldest first: what the account has in hand, and what a draft has just brought.
    pub fn use_credit(&mut self, account: Uuid, brought: Decimal) {
        let mut left = self.credit_of(account) + brought;
        for at in 0..self.invoices.len() {
            let owed = self.invoices[at].balance();
            if self.invoices[at].account == account && owed > Decimal::ZERO && left > Decimal::ZERO {
                let used = owed.min(left);
                left -= used;
                self.move_credit(at, -used);
            }
        }
    }

    fn move_credit(&mut self, at: usize, amount: Decimal) {
        let moved = Item {
            kind: "CBA_ADJ",
            start: self.today(),
            end: Some(self.today()),
            amount,
            ..Item::default()
        };
        self.add_item(at, moved);
    }

    /// What the account has in hand; less than nothing when the draft of a credit that was used has been voided.
    pub fn credit_of(&self, account: Uuid) -> Decimal {
        let own = |invoice: &&Invoice| invoice.account == account && invoice.status == "COMMITTED";
        self.invoices.iter().filter(own).map(Invoice::credits).sum()
    }
}
