//! What an invoice says about the customer: the register's names and details, as they were when the invoice was first seen.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plain_name;

/// What an invoice needs beside the names. All texts, empty where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BillingDetails {
    /// May have several lines.
    pub address: String,
    /// A name or a code, as it is to be printed.
    pub country: String,
    pub postal: String,
    pub phone: String,
    pub bank: String,
    pub account: String,
    pub vat_code: String,
    pub registration_code: String,
}

/// What Kill Bill's account is told about its customer. What it was told before there were addresses has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    pub name: String,
    pub email: String,
    pub address: String,
    pub country: String,
    pub postal: String,
    pub phone: String,
}

impl Told {
    /// As it is, then ever plainer (see [`plain_name::forms_of`]).
    #[must_use]
    pub fn forms(&self) -> [Self; 3] {
        plain_name::forms_of(|form| Self {
            name: form(&self.name),
            email: self.email.clone(),
            address: form(&self.address),
            country: form(&self.country),
            postal: form(&self.postal),
            phone: form(&self.phone),
        })
    }
}

/// A customer as an invoice keeps it. What an older version of this service did not write down is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    pub name: String,
    pub native_name: String,
    pub email: String,
    pub contact_details: String,
    pub number: String,
    pub billing: BillingDetails,
}

impl Snapshot {
    /// Reads what the mirror keeps with an invoice.
    #[must_use]
    pub fn of(kept: &Value) -> Self {
        Self::deserialize(kept).unwrap_or_default()
    }

    /// Where it is to be found; the contact details stood for it before there was an address.
    #[must_use]
    pub fn address(&self) -> &str {
        if self.billing.address.is_empty() {
            &self.contact_details
        } else {
            &self.billing.address
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_snapshot_of_before_has_its_names_and_no_details() {
        let kept = Snapshot::of(&json!({ "name": "Alice", "contact_details": "Lille 4", "uuid": "x" }));
        assert_eq!((kept.name.as_str(), kept.address()), ("Alice", "Lille 4"));
        assert_eq!(kept.billing, BillingDetails::default());
        assert!(Snapshot::of(&json!(null)).name.is_empty());
    }

    #[test]
    fn an_address_goes_before_the_contact_details() {
        let kept = Snapshot::of(&json!({ "contact_details": "ask for Bob", "billing": { "address": "Lille 4" } }));
        assert_eq!(kept.address(), "Lille 4");
    }
}
