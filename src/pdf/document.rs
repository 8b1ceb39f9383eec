//! What both documents have in common: parties, periods, facts. Plain input values, filled by the caller from the
//! database and the configuration; nothing here knows how they are printed.

use chrono::NaiveDate;

/// The company that sends the document or the customer who receives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    pub name: String,
    /// The name in the party's own script, printed below `name` when it differs.
    pub native_name: Option<String>,
    /// The customer number, or the issuer's registration number.
    pub number: Option<String>,
    /// Address, e-mail, phone, VAT id … one line each; line breaks inside start new lines.
    pub contact: Vec<String>,
}

/// Whole UTC days, half-open: `end` is the first day that is not part of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

/// A label with its value, such as "IBAN" and the number; printed as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

impl Fact {
    /// A fact from anything that can be a string.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
        }
    }
}
