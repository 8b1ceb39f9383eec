//! Corrections and late hours that wait for a person.

use serde_json::Value;

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Act, Field, Filter, Input, List, On, Related, Thing};
use crate::domain::settlement::{Class, CorrectionState};

const MONEY: Column = Column::new("Comes to", "estimate", Show::Money("currency"));
const RESOURCE: Column = Column::new("Resource", "resource_name", Show::Link("resources", "resource_uuid"));
const RECORDS: Column = Column::new("Records", "record_count", Show::Number);
const QUANTITY: Column = Column::new("Quantity", "quantity", Show::Number);

pub(super) static LIST: List = List {
    name: "corrections",
    title: "To approve",
    about: "Hours that came late or were corrected after their invoice, by resource, meter, month and class. They wait until somebody approves or declines them.",
    api: "/api/corrections/",
    columns: &[
        Column::new("Class", "class", Show::Link("corrections", "uuid")).under("state"),
        RESOURCE.under("customer_name"),
        Column::new("Meter", "meter", Show::Text),
        Column::new("Month", "month", Show::Text),
        RECORDS.minor(),
        QUANTITY,
        MONEY,
    ],
    filters: &[
        Filter::new("state", "State", Input::Words(|| CorrectionState::WORDS.to_vec())),
        Filter::new("class", "Class", Input::Words(|| Class::WORDS.to_vec())),
        Filter::new("customer", "Customer", Input::Uuid),
        Filter::new("resource", "Resource", Input::Uuid),
    ],
    counted: None,
    orders: &[],
    empty: "Nothing waits for consent. What asks for it is set in settlement.approval.",
    acts: &[
        Act {
            name: "approve",
            title: "Approve",
            about: "Lets these hours be billed with the next pass: as usage, as a charge or as a credit, as their class says. It cannot be taken back here.",
            api: "/api/corrections/{uuid}/approve/",
            fields: &[],
            when: &["waiting"],
            on: On::Things,
            body: Value::Object,
        },
        Act {
            name: "decline",
            title: "Decline",
            about: "Keeps these hours from being billed. They stay visible as declined, and their worth stands among the closed discrepancies as waived.",
            api: "/api/corrections/{uuid}/decline/",
            fields: &[Field::new("reason", "Reason", "Stays with the records.").long()],
            when: &["waiting"],
            on: On::Things,
            body: Value::Object,
        },
    ],
    thing: Some(&THING),
    beside: &[],
};

static THING: Thing = Thing {
    title: "class",
    state: Some("state"),
    facts: &[
        RESOURCE,
        Column::new("Customer", "customer_name", Show::Link("customers", "customer")),
        Column::new("Meter", "meter", Show::Text),
        Column::new("Month", "month", Show::Text),
        RECORDS,
        QUANTITY,
        MONEY,
        Column::new("First hour", "first_hour", Show::Time),
        Column::new("Last hour", "last_hour", Show::Time),
        Column::new("Asked", "created", Show::Time),
        Column::new("Decided by", "decided_by", Show::Text).under("reason"),
        Column::new("Decided", "decided_at", Show::Time),
    ],
    parts: &[],
    related: &[Related::new(
        "All hours of this meter",
        "/admin/usage/?resource={resource_uuid}&meter={meter}",
    )],
};
