//! Charges and credits: what could not travel as usage.

use serde_json::Value;

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Act, Filter, Input, List, On, Part, Rows, Thing};
use crate::domain::settlement::{Direction, SettlementState};

const CUSTOMER: Column = Column::new("Customer", "customer_name", Show::Link("customers", "customer_uuid"));
const MONTH: Column = Column::new("Month", "month", Show::Text);
const AMOUNT: Column = Column::new("Amount", "amount", Show::Money("currency"));
const STATE: Column = Column::new("State", "state", Show::State);
const RECORDS: Column = Column::new("Records", "record_count", Show::Number);

pub(super) static LIST: List = List {
    name: "settlements",
    title: "Charges and credits",
    about: "What Kill Bill could not bill as usage any more: corrections and late hours after an invoice, and monthly prices by the hour.",
    api: "/api/settlements/",
    columns: &[
        Column::new("Mark", "mark", Show::Link("settlements", "uuid")).under("direction"),
        CUSTOMER,
        MONTH,
        AMOUNT,
        RECORDS.minor(),
        STATE.under("detail"),
    ],
    filters: &[
        Filter::new("state", "State", Input::Words(|| SettlementState::WORDS.to_vec())),
        Filter::new("direction", "Direction", Input::Words(|| Direction::WORDS.to_vec())),
        Filter::new("month", "Month", Input::Month),
        Filter::new("customer", "Customer", Input::Uuid),
        Filter::new("resource", "Resource", Input::Uuid),
    ],
    counted: None,
    orders: &[],
    empty: "Nothing had to be charged or credited.",
    acts: &[Act {
        name: "retry",
        title: "Try again",
        about: "Posts it to Kill Bill again, with the same mark and the same lines, once what was refused is mended. What is there already is found by its mark and not posted twice.",
        api: "/api/settlements/{uuid}/retry/",
        fields: &[],
        when: &["refused", "unknown"],
        on: On::Things,
        body: Value::Object,
    }],
    thing: Some(&THING),
    beside: &[],
};

static THING: Thing = Thing {
    title: "mark",
    state: Some("state"),
    facts: &[
        CUSTOMER,
        MONTH,
        Column::new("Direction", "direction", Show::Text),
        AMOUNT,
        RECORDS,
        Column::new("Next step", "step", Show::Text),
        Column::new("Kill Bill's draft", "draft", Show::Code),
        Column::new("Requests", "attempts", Show::Number),
        Column::new("Made", "created", Show::Time),
        Column::new("Sent", "sent_at", Show::Time),
        Column::new("Looked up at", "read_back_at", Show::Time),
        Column::new("Settled", "settled_at", Show::Time),
        Column::new("Invoice", "invoice", Show::Link("invoices", "invoice")),
        Column::new("What was last said", "detail", Show::Text),
    ],
    parts: &[
        Part {
            title: "Lines",
            rows: Rows::Key("lines"),
            columns: &[
                Column::new("Resource", "resource_name", Show::Link("resources", "resource_uuid")).under("description"),
                Column::new("Meter", "meter", Show::Text),
                Column::new("Class", "class", Show::Text).minor(),
                Column::new("From", "start", Show::Text),
                Column::new("Until", "end", Show::Text).minor(),
                RECORDS.minor(),
                Column::new("Quantity", "quantity", Show::Number),
                Column::new("Rate", "rate", Show::Number),
                Column::new("Unrounded", "value", Show::Number).minor(),
                Column::new("Amount", "amount", Show::Number),
            ],
            empty: "None.",
        },
        Part {
            title: "What happened, word for word",
            rows: Rows::Key("answers"),
            columns: &[
                Column::new("At", "at", Show::Time),
                Column::new("Step", "step", Show::Text).under("kind"),
                Column::new("Outcome", "outcome", Show::State),
                Column::new("Status", "status", Show::Number),
                Column::new("Answer", "answer", Show::Code),
            ],
            empty: "It was not sent yet.",
        },
    ],
    related: &[],
};
