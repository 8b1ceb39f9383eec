//! Invoices by e-mail.

use serde_json::Value;

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Act, Filter, Input, List, On, Thing};
use crate::domain::mail::MailState;

const CUSTOMER: Column = Column::new("Customer", "customer_name", Show::Link("customers", "customer_uuid"));
const INVOICE: Column = Column::new("Invoice", "invoice_number", Show::Link("invoices", "invoice_uuid"));
const STATE: Column = Column::new("State", "state", Show::State);

pub(super) static LIST: List = List {
    name: "letters",
    title: "Letters",
    about: "Invoices by e-mail: which letters went, wait, were refused or came back.",
    api: "/api/mails/",
    columns: &[
        Column::new("To", "recipient", Show::Link("letters", "uuid")),
        CUSTOMER,
        INVOICE,
        STATE.under("detail"),
        Column::new("Asked by", "asked_by", Show::Text).minor(),
        Column::new("Made", "created", Show::Time),
        Column::new("Sent", "sent_at", Show::Time).minor(),
    ],
    filters: &[
        Filter::new("state", "State", Input::Words(|| MailState::WORDS.to_vec())),
        Filter::new("customer", "Customer", Input::Uuid),
        Filter::new("invoice", "Invoice", Input::Uuid),
    ],
    counted: None,
    orders: &[],
    empty: "No letter was written. [mail] in the settings says how invoices are sent.",
    acts: &[Act {
        name: "retry",
        title: "Send again",
        about: "Sends the letter again, with the same Message-ID. Where nobody knows whether it arrived, the customer may get it twice.",
        api: "/api/mails/{uuid}/retry/",
        fields: &[],
        when: &["refused", "unknown", "bounced"],
        on: On::Things,
        body: Value::Object,
    }],
    thing: Some(&THING),
    beside: &[],
};

static THING: Thing = Thing {
    title: "recipient",
    state: Some("state"),
    facts: &[
        CUSTOMER,
        INVOICE,
        Column::new("Copies", "copies", Show::Text),
        Column::new("Link", "link", Show::Code),
        Column::new("Asked by", "asked_by", Show::Text),
        Column::new("Tries", "attempts", Show::Number),
        Column::new("Next try", "next_attempt_at", Show::Time),
        Column::new("Made", "created", Show::Time),
        Column::new("Sent", "sent_at", Show::Time),
        Column::new("Settled", "settled_at", Show::Time),
        Column::new("Version of the document", "document_version", Show::Number),
        Column::new("What was last said", "detail", Show::Text),
    ],
    parts: &[],
    related: &[],
};
