//! Who sends an invoice and who receives it, under the names of all frontends: those of 2016 read `company`, `phone`, `bank` and
//! `account`, later ones `name`, `phone_number`, `bank_name` and `bank_account`. Texts all, empty where nothing is known.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::config::Issuer;
use crate::domain::customer::Snapshot;

/// The sender or the receiver of an invoice.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PartyView {
    company: String,
    name: String,
    address: String,
    country: String,
    country_name: String,
    postal: String,
    phone: String,
    phone_number: String,
    email: String,
    bank: String,
    bank_name: String,
    account: String,
    bank_account: String,
    vat_code: String,
    registration_code: String,
}

impl PartyView {
    /// `[issuer]` of the configuration, as it was when the invoice was first seen.
    pub(super) fn issuer(issuer: &Issuer) -> Self {
        Self {
            address: issuer.address.join("\n"),
            country: issuer.country.clone(),
            postal: issuer.postal.clone(),
            phone: issuer.phone.clone(),
            email: issuer.email.clone(),
            bank: issuer.bank.clone(),
            account: issuer.account.clone(),
            vat_code: issuer.vat.clone(),
            registration_code: issuer.registration.clone(),
            ..Self::default()
        }
        .under_all_names(issuer.name.clone())
    }

    /// The customer as he was registered when the invoice was first seen.
    pub(super) fn customer(snapshot: &Value) -> Self {
        let customer = Snapshot::of(snapshot);
        let address = customer.address().to_owned();
        Self {
            address,
            country: customer.billing.country,
            postal: customer.billing.postal,
            phone: customer.billing.phone,
            email: customer.email,
            bank: customer.billing.bank,
            account: customer.billing.account,
            vat_code: customer.billing.vat_code,
            registration_code: customer.billing.registration_code,
            ..Self::default()
        }
        .under_all_names(customer.name)
    }

    fn under_all_names(self, name: String) -> Self {
        Self {
            company: name.clone(),
            name,
            country_name: self.country.clone(),
            phone_number: self.phone.clone(),
            bank_name: self.bank.clone(),
            bank_account: self.account.clone(),
            ..self
        }
    }
}
