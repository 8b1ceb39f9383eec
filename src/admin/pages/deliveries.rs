//! The sends of usage to Kill Bill.

use serde_json::Value;

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Act, Field, Filter, Input, List, On, Part, Rows, Thing};
use crate::domain::delivery::DeliveryState;

const RESOURCE: Column = Column::new("Resource", "resource_name", Show::Link("resources", "resource_uuid"));
const STATE: Column = Column::new("State", "state", Show::State);
const RECORDS: Column = Column::new("Records", "record_count", Show::Number);
const FROM: Column = Column::new("From", "window_start", Show::Time);
const UNTIL: Column = Column::new("Until", "window_end", Show::Time);
const ATTEMPTS: Column = Column::new("Sent so often", "attempts", Show::Number);
const PLAN: Column = Column::new("Plan", "plan", Show::Text);

pub(super) static LIST: List = List {
    name: "deliveries",
    title: "Deliveries",
    about: "What was sent to Kill Bill, with each answer as it came. What nobody answered is looked up there before it is sent again.",
    api: "/api/deliveries/",
    columns: &[
        Column::new("Tracking id", "tracking_id", Show::Link("deliveries", "uuid")),
        RESOURCE.under("plan"),
        FROM,
        UNTIL.minor(),
        RECORDS,
        ATTEMPTS.minor(),
        STATE.under("detail"),
    ],
    filters: &[
        Filter::new("state", "State", Input::Words(|| DeliveryState::WORDS.to_vec())),
        Filter::new("resource", "Resource", Input::Uuid),
    ],
    counted: None,
    orders: &[],
    empty: "Nothing was sent yet. Hours go out when they are settled; the overview says when.",
    acts: &[
        Act {
            name: "retry",
            title: "Send again",
            about: "Sends these deliveries again with the same tracking ids and the same records, once what Kill Bill refused is mended. Only refused ones, and those that were looked up in vain; Kill Bill takes each tracking id once.",
            api: "/api/deliveries/{uuid}/retry/",
            fields: &[],
            when: &["refused", "unknown"],
            on: On::Things,
            body: Value::Object,
        },
        Act {
            name: "retry-all",
            title: "Send all refused ones again",
            about: "Sends every delivery again that Kill Bill refused, or those that the fields leave. Others are left alone.",
            api: "/api/deliveries/retry/",
            fields: &[
                Field::new("customer", "Customer", "Only of this one: its uuid.").optional(),
                Field::new("resource", "Resource", "Only of this one: its uuid.").optional(),
                Field::new("plan", "Plan", "Only of subscriptions on this plan.").optional(),
            ],
            when: &[],
            on: On::All,
            body: Value::Object,
        },
    ],
    thing: Some(&THING),
    beside: &[],
};

static THING: Thing = Thing {
    title: "tracking_id",
    state: Some("state"),
    facts: &[
        RESOURCE,
        PLAN,
        Column::new("Subscription", "subscription", Show::Code),
        FROM,
        UNTIL,
        RECORDS,
        ATTEMPTS,
        Column::new("Made", "created", Show::Time),
        Column::new("Sent", "sent_at", Show::Time),
        Column::new("Looked up at", "read_back_at", Show::Time),
        Column::new("Settled", "settled_at", Show::Time),
        Column::new("Verified", "verified_at", Show::Time),
        Column::new("Found by a restored ledger", "recovered_at", Show::Time),
        Column::new("Invoice", "invoice", Show::Link("invoices", "invoice")),
        Column::new("What was last said", "detail", Show::Text),
    ],
    parts: &[
        Part {
            title: "What Kill Bill was told",
            rows: Rows::Key("units"),
            columns: &[
                Column::new("Meter", "meter", Show::Text),
                RECORDS_OF_UNIT,
                Column::new("Quantity", "quantity", Show::Number),
                Column::new("Amount in Kill Bill", "amount", Show::Number),
                Column::new("Unit", "unit", Show::Text),
            ],
            empty: "Nothing.",
        },
        Part {
            title: "What happened, word for word",
            rows: Rows::Key("answers"),
            columns: &[
                Column::new("At", "at", Show::Time),
                Column::new("Step", "kind", Show::Text),
                Column::new("Outcome", "outcome", Show::State),
                Column::new("Status", "status", Show::Number),
                Column::new("Answer", "answer", Show::Code),
            ],
            empty: "It was not sent yet.",
        },
        Part {
            title: "Records",
            rows: Rows::Api {
                address: "/api/usage-records/?delivery={uuid}&page_size=24",
                all: "/admin/usage/?delivery={uuid}",
            },
            columns: &[
                Column::new("Hour", "hour", Show::Link("usage", "uuid")),
                Column::new("Meter", "meter", Show::Text),
                Column::new("Quantity", "quantity", Show::Number),
                Column::new("Adds", "delta", Show::Number),
                Column::new("Revision", "revision", Show::Number),
            ],
            empty: "None.",
        },
    ],
    related: &[],
};

const RECORDS_OF_UNIT: Column = Column::new("Records", "records", Show::Number);
