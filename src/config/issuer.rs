//! `[issuer]`: who sends the invoices.

use super::section::Section;

/// `[issuer]`, printed on documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issuer {
    pub name: String,
    pub address: Vec<String>,
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
        registration: s.text("registration"),
        vat: s.text("vat"),
        email: s.text("email"),
        phone: s.text("phone"),
        bank: s.text("bank"),
        account: s.text("account"),
        notes: s.text("notes"),
    }
}
