//! Who sends the documents and who receives them.

use serde_json::Value;

use crate::config::Issuer;
use crate::domain::customer::Snapshot;
use crate::pdf::Party;

/// The company of the configuration.
pub(super) fn issuer(issuer: &Issuer) -> Party {
    let lines = [
        joined([&issuer.postal, &issuer.country], " "),
        labelled("Registration number", &issuer.registration),
        labelled("VAT", &issuer.vat),
        issuer.email.clone(),
        issuer.phone.clone(),
    ];
    Party {
        name: issuer.name.clone(),
        native_name: None,
        number: present(issuer.registration.clone()),
        contact: issuer
            .address
            .iter()
            .cloned()
            .chain(lines.into_iter().filter_map(present))
            .collect(),
    }
}

/// The customer as he was when the invoice was first seen.
pub(super) fn customer(snapshot: &Value) -> Party {
    let Snapshot {
        name,
        native_name,
        email,
        contact_details,
        number,
        billing,
    } = Snapshot::of(snapshot);
    let lines = [
        billing.address,
        joined([&billing.postal, &billing.country], " "),
        contact_details,
        labelled("Registration number", &billing.registration_code),
        labelled("VAT", &billing.vat_code),
        email,
        billing.phone,
        joined([&billing.bank, &billing.account], ", "),
    ];
    Party {
        name,
        native_name: present(native_name),
        number: present(number),
        contact: lines.into_iter().filter_map(present).collect(),
    }
}

fn present(value: String) -> Option<String> {
    (!value.is_empty()).then_some(value)
}

fn labelled(label: &str, value: &str) -> String {
    if value.is_empty() {
        String::new()
    } else {
        format!("{label} {value}")
    }
}

fn joined(parts: [&str; 2], between: &str) -> String {
    let [one, other] = parts;
    match (one.is_empty(), other.is_empty()) {
        (false, false) => format!("{one}{between}{other}"),
        _ => format!("{one}{other}"),
    }
}
