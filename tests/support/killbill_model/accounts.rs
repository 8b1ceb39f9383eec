//! `/accounts`: customers, their tags, and the list of their invoices.

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::answer::{Answer, number, text};
use super::books::{Account, Books};
use super::wire::Request;

/// Where the customer is to be found.
const ADDRESS: [&str; 5] = ["address1", "address2", "postalCode", "country", "phone"];

const PARK: Uuid = uuid!("00000000-0000-0000-0000-000000000007");
const TAGS: [(&str, &str); 4] = [
    ("00000000-0000-0000-0000-000000000001", "AUTO_PAY_OFF"),
    ("00000000-0000-0000-0000-000000000002", "AUTO_INVOICING_OFF"),
    ("00000000-0000-0000-0000-000000000005", "MANUAL_PAY"),
    ("00000000-0000-0000-0000-000000000008", "AUTO_INVOICING_DRAFT"),
];
pub const AUTO_INVOICING_OFF: Uuid = uuid!("00000000-0000-0000-0000-000000000002");
pub const AUTO_INVOICING_DRAFT: Uuid = uuid!("00000000-0000-0000-0000-000000000008");

impl Books {
    pub fn accounts_call(&mut self, request: &Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match (request.method.as_str(), request.segments().as_slice()) {
            ("POST", ["accounts"]) => self.create_account(&body),
            ("GET", ["accounts"]) => self.find_account(request.query("externalKey").unwrap_or_default()),
            (method, ["accounts", id, rest @ ..]) => match id.parse().ok().filter(|id| self.account(*id).is_some()) {
                Some(id) => self.account_call(method, id, rest, request, &body),
                None if (method, rest) == ("GET", &["tags"]) => Answer::json(&Value::Array(Vec::new())),
                None => Answer::unknown(id),
            },
            _ => Answer::page(404),
        }
    }

    fn account_call(&mut self, method: &str, id: Uuid, rest: &[&str], request: &Request, body: &Value) -> Answer {
        match (method, rest) {
            ("GET", []) => Answer::json(&self.account_json(id)),
            ("PUT", []) => self.update_account(id, body),
            ("GET", ["tags"]) => Answer::json(&self.tags(id)),
            ("POST", ["tags"]) => self.add_tags(id, body),
            ("DELETE", ["tags"]) => self.remove_tag(id, request.query("tagDef").unwrap_or_default()),
            ("GET", ["bundles"]) => Answer::json(&self.bundles(id)),
            ("GET", ["invoices"]) => self.invoices_of(id, request),
            ("GET", ["invoicePayments"]) => self.payments_of(id),
            // Nobody writes anything off here.
            ("GET", ["allTags"]) => Answer::json(&Value::Array(Vec::new())),
            _ => Answer::page(404),
        }
    }

    fn create_account(&mut self, body: &Value) -> Answer {
        let key = text(body, "externalKey").unwrap_or_default();
        if self.accounts.iter().any(|account| account.key == key) {
            return Answer::complaint(409, Some(3000), &format!("Account already exists for key {key}"));
        }
        let id = self.new_id();
        self.accounts.push(Account {
            id,
            key,
            name: text(body, "name"),
            email: text(body, "email"),
            currency: text(body, "currency"),
            given: body.clone(),
            tags: Vec::new(),
            parked: false,
        });
        Answer::created("accounts", id)
    }

    fn find_account(&self, key: &str) -> Answer {
        match self.accounts.iter().find(|account| account.key == key) {
            Some(account) => Answer::json(&self.account_json(account.id)),
            None => Answer::complaint(404, Some(3003), &format!("Account does not exist for key {key}")),
        }
    }

    fn account_json(&self, id: Uuid) -> Value {
        let account = self.account(id).expect("looked up before");
        let given = &account.given;
        let mut shown = json!({"accountId": id, "externalKey": account.key, "name": account.name, "email": account.email,
               "currency": account.currency, "timeZone": given["timeZone"], "billCycleDayLocal": given["billCycleDayLocal"],
               "referenceTime": given["referenceTime"], "locale": given["locale"],
               "accountBalance": number(self.balance_of(id)), "auditLogs": []});
        for line in ADDRESS {
            shown[line] = given[line].clone();
        }
        shown
    }

    fn update_account(&mut self, id: Uuid, body: &Value) -> Answer {
        let account = self.account_mut(id).expect("looked up before");
        account.name = text(body, "name").or_else(|| account.name.take());
        account.email = text(body, "email").or_else(|| account.email.take());
        for line in ADDRESS {
            if let Some(said) = text(body, line) {
                account.given[line] = said.into();
            }
        }
        Answer::empty(204)
    }

    fn tags(&self, id: Uuid) -> Value {
        let account = self.account(id).expect("looked up before");
        let park = account.parked.then_some((PARK, "__PARK__"));
        let named = |tag: &Uuid| TAGS.iter().find(|(known, _)| *known == tag.to_string());
        let others = account
            .tags
            .iter()
            .map(|tag| (*tag, named(tag).map_or("?", |(_, name)| name)));
        let tag = |(definition, name)| json!({"tagDefinitionId": definition, "tagDefinitionName": name, "objectType": "ACCOUNT", "objectId": id});
        park.into_iter().chain(others).map(tag).collect()
    }

    /// The tags of a name, wherever they hang.
    pub fn tagged(&self, name: &str, request: &Request) -> Answer {
        let (offset, limit) = request.page();
        let all = self
            .accounts
            .iter()
            .flat_map(|account| self.tags(account.id).as_array().cloned().unwrap_or_default());
        let found = all.filter(|tag| tag["tagDefinitionName"] == name);
        Answer::json(&found.skip(offset).take(limit).collect())
    }

    fn add_tags(&mut self, id: Uuid, body: &Value) -> Answer {
        let definitions: Vec<Uuid> = serde_json::from_value(body.clone()).unwrap_or_default();
        self.account_mut(id).expect("looked up before").tags.extend(definitions);
        Answer::created("accounts", id)
    }

    fn remove_tag(&mut self, id: Uuid, definition: &str) -> Answer {
        let account = self.account_mut(id).expect("looked up before");
        account.tags.retain(|tag| tag.to_string() != definition);
        Answer::empty(204)
    }
}
