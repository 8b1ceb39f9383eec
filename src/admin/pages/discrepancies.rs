//! What does not add up.

use serde_json::Value;

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Act, Field, Filter, Input, List, On, Related, Thing};
use crate::domain::reconcile::{DiscrepancyKind, DiscrepancyState};

const AMOUNT: Column = Column::new("Worth", "amount", Show::Money("currency"));
const CUSTOMER: Column = Column::new("Customer", "customer_name", Show::Link("customers", "customer_uuid"));
const RESOURCE: Column = Column::new("Resource", "resource_name", Show::Link("resources", "resource_uuid"));
const INVOICE: Column = Column::new("Invoice", "invoice_number", Show::Link("invoices", "invoice"));

pub(super) static LIST: List = List {
    name: "discrepancies",
    title: "Discrepancies",
    about: "Every cent that does not add up, by name. Positive: charged too much; negative: money is missing.",
    api: "/api/discrepancies/",
    columns: &[
        Column::new("Kind", "kind", Show::Link("discrepancies", "uuid")).under("detail"),
        AMOUNT,
        CUSTOMER,
        INVOICE.minor(),
        Column::new("What to do", "next_step", Show::Text).minor(),
        Column::new("State", "state", Show::State),
        Column::new("Open for", "age", Show::Age),
    ],
    filters: &[
        Filter::new("state", "State", Input::Words(|| DiscrepancyState::WORDS.to_vec())),
        Filter::new("kind", "Kind", Input::Words(|| DiscrepancyKind::WORDS.to_vec())),
        Filter::new("notice", "Notices", Input::Words(|| vec!["true", "false"])),
        Filter::new("customer", "Customer", Input::Uuid),
        Filter::new("resource", "Resource", Input::Uuid),
        Filter::new("invoice", "Invoice", Input::Uuid),
        Filter::new("delivery", "Delivery", Input::Uuid),
    ],
    counted: None,
    orders: &[],
    empty: "Everything adds up.",
    acts: &[
        Act {
            name: "accept",
            title: "Accept as it is",
            about: "No money moves. It is no longer counted as open while it is found with the same amount; worth something else, it is open again.",
            api: "/api/discrepancies/{uuid}/accept/",
            fields: &[Field::new("reason", "Reason", "Such as: credited by hand on invoice 1042.").long()],
            when: &["open"],
            on: On::Things,
            body: Value::Object,
        },
        Act {
            name: "reopen",
            title: "Open again",
            about: "Takes the acceptance back: it counts as open again.",
            api: "/api/discrepancies/{uuid}/reopen/",
            fields: &[],
            when: &["accepted"],
            on: On::Things,
            body: Value::Object,
        },
    ],
    thing: Some(&THING),
    beside: &[
        Related::new("The largest first", "/admin/discrepancies/?state=open&o=-amount"),
        Related::new("Accepted", "/admin/discrepancies/?state=accepted"),
        Related::new("Notices", "/admin/discrepancies/?notice=true"),
    ],
};

static THING: Thing = Thing {
    title: "kind",
    state: Some("state"),
    facts: &[
        Column::new("What is wrong", "detail", Show::Text),
        Column::new("What to do", "next_step", Show::Text),
        AMOUNT,
        CUSTOMER,
        RESOURCE,
        INVOICE,
        Column::new("Delivery", "delivery", Show::Link("deliveries", "delivery")),
        Column::new("First hour", "hour_from", Show::Time),
        Column::new("Until", "hour_until", Show::Time),
        Column::new("Opened", "opened_at", Show::Time),
        Column::new("Last found", "seen_at", Show::Time),
        Column::new("Closed", "closed_at", Show::Time),
        Column::new("Accepted", "accepted_at", Show::Time),
        Column::new("Accepted by", "accepted_by", Show::Text),
        Column::new("Why it was accepted", "accepted_reason", Show::Text),
        Column::new("Open for", "age", Show::Age),
    ],
    parts: &[],
    related: &[],
};
