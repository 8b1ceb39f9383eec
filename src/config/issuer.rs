//! `[issuer]`: who sends the invoices.

use serde::{Deserialize, Serialize};

use super::section::Section;

/// `[issuer]`, printed on documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Issuer {
    pub name: String,
    pub address: Vec<String>,
    pub postal: String,
    pub country: String,
    pub registration: String,
    pub vat: String,
    pub email: String,
    pub phone: String,
    pub bank: String,
    pub account: String,
    pub notes: String,
}

pub(super) fn read(s: &mut Section<'_>) -> Issuer {
    Issuer {
        name: s.text("name"),
        address: s.list("address"),
        postal: s.text("postal"),
        country: s.text("country"),
        registration: either(s, "registration", "registration_code"),
        vat: either(s, "vat", "vat_code"),
        email: s.text("email"),
        phone: s.text("phone"),
        bank: s.text("bank"),
        account: s.text("account"),
        notes: s.text("notes"),
    }
}

/// The key, or its name in the API.
fn either(s: &mut Section<'_>, key: &str, other: &str) -> String {
    let (first, second) = (s.text(key), s.text(other));
    if first.is_empty() { second } else { first }
}
