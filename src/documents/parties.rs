//! Who sends the documents and who receives them.

use serde::Deserialize;
use serde_json::Value;

use crate::config::Issuer;
use crate::pdf::Party;

/// The company of the configuration.
pub(super) fn issuer(issuer: &Issuer) -> Party {
    let labelled = |label: &str, value: &str| (!value.is_empty()).then(|| format!("{label} {value}"));
    let plain = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let rest = [
        labelled("Registration number", &issuer.registration),
        labelled("VAT", &issuer.vat),
        plain(&issuer.email),
        plain(&issuer.phone),
    ];
    Party {
        name: issuer.name.clone(),
        native_name: None,
        number: plain(&issuer.registration),
        contact: issuer
            .address
            .iter()
            .cloned()
            .chain(rest.into_iter().flatten())
            .collect(),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Snapshot {
    name: String,
    native_name: String,
    email: String,
    contact_details: String,
    number: String,
}

/// The customer as he was when the invoice was first seen.
pub(super) fn customer(snapshot: &Value) -> Party {
    let snapshot = Snapshot::deserialize(snapshot).unwrap_or_default();
    let present = |value: String| (!value.is_empty()).then_some(value);
    Party {
        name: snapshot.name,
        native_name: present(snapshot.native_name),
        number: present(snapshot.number),
        contact: [present(snapshot.contact_details), present(snapshot.email)]
            .into_iter()
            .flatten()
            .collect(),
    }
}
