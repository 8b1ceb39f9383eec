//! Usage records: hour by hour, with what became of each.

use crate::admin::column::{Column, Show};
use serde_json::{Map, Value, json};

use crate::admin::declared::{Act, Field, Filter, Input, List, On, Part, Related, Rows, Thing};
use crate::domain::hold::HoldCode;
use crate::http::usage::STATES;

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
        Filter {
            name: "state",
            title: "State",
            input: Input::Words(|| STATES.to_vec()),
        },
        Filter {
            name: "held",
            title: "Held because of",
            input: Input::Words(|| HoldCode::ALL.iter().map(|code| code.as_str()).collect()),
        },
        Filter {
            name: "meter",
            title: "Meter",
            input: Input::Text,
        },
        Filter {
            name: "start",
            title: "From hour",
            input: Input::Text,
        },
        Filter {
            name: "end",
            title: "Before hour",
            input: Input::Text,
        },
        Filter {
            name: "resource",
            title: "Resource",
            input: Input::Uuid,
        },
        Filter {
            name: "customer",
            title: "Customer",
            input: Input::Uuid,
        },
        Filter {
            name: "delivery",
            title: "Delivery",
            input: Input::Uuid,
        },
        Filter {
            name: "invoice",
            title: "Invoice",
            input: Input::Uuid,
        },
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
        Related {
            title: "The resource's month",
            address: "/admin/resources/{resource_uuid}/month/?meter={meter}&hour={hour}",
        },
        Related {
            title: "All hours of this meter",
            address: "/admin/usage/?resource={resource_uuid}&meter={meter}",
        },
        Related {
            title: "Correct this hour",
            address: "/admin/usage/do/correct/?resource={resource_uuid}&meter={meter}&hour={hour}&quantity={quantity}",
        },
    ],
};

const CORRECT: Act = Act {
    name: "correct",
    title: "Correct an hour",
    about: "Records another quantity for this hour, as a new revision; the old one stays visible. Where the hour is on an invoice already, the difference becomes a charge or a credit.",
    api: "/api/usage-records/",
    fields: &[
        Field {
            name: "resource",
            title: "Resource",
            help: "Its uuid.",
            required: true,
            long: false,
        },
        Field {
            name: "meter",
            title: "Meter",
            help: "As the settings call it.",
            required: true,
            long: false,
        },
        Field {
            name: "hour",
            title: "Hour",
            help: "Such as 2026-01-01T10:00:00Z.",
            required: true,
            long: false,
        },
        Field {
            name: "quantity",
            title: "Quantity",
            help: "What was really consumed, in the meter's unit.",
            required: true,
            long: false,
        },
    ],
    when: &[],
    on: On::Row,
    body: correction,
};

fn correction(mut record: Map<String, Value>) -> Value {
    record.insert("correction".to_owned(), Value::Bool(true));
    json!({ "records": [record] })
}
