//! Usage records: hour by hour, with what became of each.

use crate::admin::column::{Column, Show};
use serde_json::{Map, Value, json};

use crate::admin::declared::{Act, Field, Filter, Input, List, On, Part, Related, Rows, Thing};
use crate::domain::hold::HoldCode;
use crate::domain::usage::RecordState;

const RESOURCE: Column = Column::new("Resource", "resource_name", Show::Link("resources", "resource_uuid"));
const HOUR: Column = Column::new("Hour", "hour", Show::Time);
const QUANTITY: Column = Column::new("Quantity", "quantity", Show::Number);
const STATE: Column = Column::new("State", "state", Show::State).under("held");
const RECORDED: Column = Column::new("Recorded", "recorded_at", Show::Time);
const REVISION: Column = Column::new("Revision", "revision", Show::Number);
const ADDS: Column = Column::new("Adds", "delta", Show::Number);

pub(super) static LIST: List = List {
    name: "usage",
    title: "Usage",
    about: "Every hour that was pushed, with what became of it.",
    api: "/api/usage-records/",
    columns: &[
        Column::new("Hour", "hour", Show::Link("usage", "uuid")),
        RESOURCE,
        Column::new("Meter", "meter", Show::Text),
        QUANTITY,
        STATE,
        REVISION.minor(),
        RECORDED.minor(),
    ],
    filters: &[
        Filter::new("state", "State", Input::Words(|| RecordState::WORDS.to_vec())),
        Filter::new("held", "Held because of", Input::Words(|| HoldCode::WORDS.to_vec())),
        Filter::new("meter", "Meter", Input::Text),
        Filter::new("start", "From hour", Input::Text),
        Filter::new("end", "Before hour", Input::Text),
        Filter::new("resource", "Resource", Input::Uuid),
        Filter::new("customer", "Customer", Input::Uuid),
        Filter::new("delivery", "Delivery", Input::Uuid),
        Filter::new("invoice", "Invoice", Input::Uuid),
    ],
    counted: None,
    orders: &[("hour", "hour")],
    empty: "Nothing was pushed yet. Push hours to /api/usage-records/ with a pusher's token.",
    acts: &[CORRECT],
    thing: Some(&THING),
    beside: &[],
};

static THING: Thing = Thing {
    title: "hour",
    state: Some("state"),
    facts: &[
        RESOURCE,
        Column::new("Meter", "meter", Show::Text),
        HOUR,
        QUANTITY,
        ADDS,
        REVISION,
        RECORDED,
        Column::new("Held because of", "held", Show::Code).under("held_detail"),
        Column::new("What to do", "held_remedy", Show::Text),
        Column::new("Delivery", "tracking_id", Show::Link("deliveries", "delivery_uuid")),
        Column::new(
            "Charge or credit",
            "settlement_uuid",
            Show::Link("settlements", "settlement_uuid"),
        ),
        Column::new("Invoice", "invoice_uuid", Show::Link("invoices", "invoice_uuid")),
    ],
    parts: &[Part {
        title: "Revisions",
        rows: Rows::Key("revisions"),
        columns: &[REVISION, QUANTITY, ADDS, STATE, RECORDED],
        empty: "There is one revision.",
    }],
    related: &[
        Related::new(
            "The resource's month",
            "/admin/resources/{resource_uuid}/month/?meter={meter}&hour={hour}",
        ),
        Related::new(
            "All hours of this meter",
            "/admin/usage/?resource={resource_uuid}&meter={meter}",
        ),
        Related::new(
            "Correct this hour",
            "/admin/usage/do/correct/?resource={resource_uuid}&meter={meter}&hour={hour}&quantity={quantity}",
        ),
    ],
};

const CORRECT: Act = Act {
    name: "correct",
    title: "Correct an hour",
    about: "Records another quantity for this hour, as a new revision; the old one stays visible. Where the hour is on an invoice already, the difference becomes a charge or a credit.",
    api: "/api/usage-records/",
    fields: &[
        Field::new("resource", "Resource", "Its uuid."),
        Field::new("meter", "Meter", "As the settings call it."),
        Field::new("hour", "Hour", "Such as 2026-01-01T10:00:00Z."),
        Field::new("quantity", "Quantity", "What was really consumed, in the meter's unit."),
    ],
    when: &[],
    on: On::Row,
    body: correction,
};

fn correction(mut record: Map<String, Value>) -> Value {
    record.insert("correction".to_owned(), Value::Bool(true));
    json!({ "records": [record] })
}
