//! Answers in Kill Bill's manner.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

/// What goes back to the client.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    /// Behind `/1.0/kb/`.
    pub location: Option<String>,
    /// Of a page: where it begins, and how many things there are in all.
    pub page: Option<(usize, usize)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: "application/json",
            location: None,
            page: None,
            body: Vec::new(),
        }
    }

    pub fn json(value: &Value) -> Self {
        Self {
            body: value.to_string().into_bytes(),
            ..Self::empty(200)
        }
    }

    pub fn xml(text: String) -> Self {
        Self {
            content_type: "text/xml",
            body: text.into_bytes(),
            ..Self::empty(200)
        }
    }

    /// 201, with where to find it.
    pub fn created(kind: &str, id: Uuid) -> Self {
        Self {
            location: Some(format!("{kind}/{id}")),
            ..Self::empty(201)
        }
    }

    /// Kill Bill's own error.
    pub fn complaint(status: u16, code: Option<i64>, message: &str) -> Self {
        let body = json!({"className": "org.killbill.billing.Exception", "code": code, "message": message,
                          "causeClassName": null, "causeMessage": null, "stackTrace": []});
        Self {
            status,
            ..Self::json(&body)
        }
    }

    /// What Kill Bill says when it knows no such thing and has no code for it.
    pub fn unknown(what: &str) -> Self {
        Self::complaint(404, None, &format!("Object {what} does not exist"))
    }

    /// The page of a container or a proxy.
    pub fn page(status: u16) -> Self {
        Self {
            status,
            content_type: "text/html",
            location: None,
            page: None,
            body: format!("<html><head><title>{status}</title></head><body>nginx</body></html>").into_bytes(),
        }
    }
}

/// An amount as a JSON number with all its digits.
pub fn number(value: Decimal) -> Value {
    serde_json::from_str(&value.to_string()).unwrap_or(Value::Null)
}

/// A JSON number with all its digits, exponents included.
pub fn decimal(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// A field that holds text.
pub fn text(value: &Value, field: &str) -> Option<String> {
    value[field].as_str().map(str::to_owned)
}

/// A field that holds an id.
pub fn id(value: &Value, field: &str) -> Option<Uuid> {
    value[field].as_str()?.parse().ok()
}
