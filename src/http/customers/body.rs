//! What clients send about a customer, and the checks of it.

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::customers::CustomerFacts;
use crate::domain::customer::BillingDetails;
use crate::domain::text;
use crate::http::form::Form;
use crate::http::problem::Answer;

/// What is registered about a customer. Optional fields that are left out are emptied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerBody {
    /// Up to 255 characters. Kill Bill's account carries it.
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "Alice"
    )]
    name: String,
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "Alice C.")]
    native_name: Option<String>,
    #[schema(max_length = 32, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    abbreviation: Option<String>,
    #[schema(
        max_length = 128,
        pattern = r"^([^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+)?$",
        example = "billing@alice.example.com"
    )]
    email: Option<String>,
    /// Several lines, printed on invoices.
    #[schema(max_length = 1000, pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")]
    contact_details: Option<String>,
    /// Customer number as printed on invoices.
    #[schema(max_length = 32, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    number: Option<String>,
    /// Several lines: street and town. Printed on invoices, as all that follows; Kill Bill's account carries it, too, as it
    /// does country, postal code and phone.
    #[schema(max_length = 500, pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")]
    address: Option<String>,
    /// A name or a code, as it is to be printed.
    #[schema(max_length = 50, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "Estonia")]
    country: Option<String>,
    /// Postal code.
    #[schema(max_length = 16, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    postal: Option<String>,
    #[schema(max_length = 25, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    phone: Option<String>,
    /// Name of the customer's bank.
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    bank: Option<String>,
    /// Number of the account there.
    #[schema(max_length = 64, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    account: Option<String>,
    #[schema(max_length = 32, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "EE123456789")]
    vat_code: Option<String>,
    #[schema(max_length = 64, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    registration_code: Option<String>,
}

impl CustomerBody {
    /// The facts in it.
    ///
    /// # Errors
    /// 400 with every field that is wrong.
    pub fn facts(self, uuid: Uuid) -> Answer<CustomerFacts> {
        let mut form = Form::default();
        let mut line = |field, given: Option<String>, limit| {
            form.take(field, text::line(given.as_deref().unwrap_or_default(), limit))
        };
        let billing = BillingDetails {
            address: String::new(),
            country: line("country", self.country, 50),
            postal: line("postal", self.postal, 16),
            phone: line("phone", self.phone, 25),
            bank: line("bank", self.bank, 255),
            account: line("account", self.account, 64),
            vat_code: line("vat_code", self.vat_code, 32),
            registration_code: line("registration_code", self.registration_code, 64),
        };
        let facts = CustomerFacts {
            uuid,
            native_name: line("native_name", self.native_name, 255),
            abbreviation: line("abbreviation", self.abbreviation, 32),
            email: line("email", self.email, 128),
            number: line("number", self.number, 32),
            name: form.take("name", text::name(&self.name, 255)),
            contact_details: form.take("contact_details", lines(self.contact_details, 1000)),
            billing: BillingDetails {
                address: form.take("address", lines(self.address, 500)),
                ..billing
            },
        };
        if !facts.email.is_empty() && !text::is_email(&facts.email) {
            form.refuse("email", "Enter a valid email address.");
        }
        form.done().map(|()| facts)
    }
}

fn lines(given: Option<String>, limit: usize) -> Result<String, text::TextError> {
    text::lines(&given.unwrap_or_default(), limit)
}
