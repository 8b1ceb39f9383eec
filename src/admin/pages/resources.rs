//! What consumes.

use serde_json::Value;

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Act, Field, Filter, Input, List, On, Part, Related, Rows, Thing};

const CUSTOMER: Column = Column::new("Customer", "customer_name", Show::Link("customers", "customer_uuid"));

pub(super) static LIST: List = List {
    name: "resources",
    title: "Resources",
    about: "What consumes: virtual machines, databases, licences.",
    api: "/api/resources/",
    columns: &[
        Column::new("Name", "name", Show::Link("resources", "uuid")).under("type"),
        CUSTOMER.under("project_name"),
        Column::new("Invoicing", "invoicing", Show::State).under("last_error"),
        Column::new("Started", "started_at", Show::Time).minor(),
        Column::new("Terminated", "terminated_at", Show::Time),
    ],
    filters: &[
        Filter::new("name", "Name", Input::Text),
        Filter::new("type", "Type", Input::Text),
        Filter::new("customer", "Customer", Input::Uuid),
    ],
    counted: None,
    orders: &[],
    empty: "None is registered. NodeConductor registers resources with PUT /api/resources/{uuid}/.",
    acts: &[Act {
        name: "terminate",
        title: "Terminate",
        about: "Usage before that instant is still taken and billed; when all of it is settled, the subscriptions end in Kill Bill. It cannot be taken back here.",
        api: "/api/resources/{uuid}/terminate/",
        fields: &[Field::new("at", "At", "Such as 2026-01-31T10:00:00Z.")],
        when: &[],
        on: On::Things,
        body: Value::Object,
    }],
    thing: Some(&THING),
    beside: &[],
};

static THING: Thing = Thing {
    title: "name",
    state: Some("invoicing"),
    facts: &[
        Column::new("Type", "type", Show::Text),
        CUSTOMER,
        Column::new("Project", "project_name", Show::Text),
        Column::new("Service", "service_name", Show::Text),
        Column::new("Started", "started_at", Show::Time),
        Column::new("Terminated", "terminated_at", Show::Time),
        Column::new("Ended in Kill Bill", "ended_at", Show::Time),
        Column::new("What was last wrong", "last_error", Show::Text),
        Column::new("Names in Kill Bill", "told_names", Show::Code).under("telling_error"),
        Column::new("Registered", "created", Show::Time),
        Column::new("Changed", "modified", Show::Time),
    ],
    parts: &[
        Part {
            title: "Latest hours",
            rows: Rows::Api {
                address: "/api/usage-records/?resource={uuid}&o=-hour&page_size=12",
                all: "/admin/usage/?resource={uuid}&o=-hour",
            },
            columns: &[
                Column::new("Hour", "hour", Show::Link("usage", "uuid")),
                Column::new("Meter", "meter", Show::Text),
                Column::new("Quantity", "quantity", Show::Number),
                Column::new("State", "state", Show::State).under("held"),
            ],
            empty: "Nothing was pushed for it yet.",
        },
        Part {
            title: "Open discrepancies",
            rows: Rows::Api {
                address: "/api/discrepancies/?resource={uuid}&state=open&page_size=10",
                all: "/admin/discrepancies/?resource={uuid}&state=open",
            },
            columns: &[
                Column::new("Kind", "kind", Show::Link("discrepancies", "uuid")).under("detail"),
                Column::new("Worth", "amount", Show::Money("currency")),
            ],
            empty: "Everything adds up.",
        },
    ],
    related: &[
        Related::new("Its month by the hour", "/admin/resources/{uuid}/month/"),
        Related::new("Deliveries", "/admin/deliveries/?resource={uuid}"),
        Related::new("Missing hours", "/admin/missing-hours/?resource={uuid}"),
        Related::new("Charges and credits", "/admin/settlements/?resource={uuid}"),
        Related::new("To approve", "/admin/corrections/?resource={uuid}"),
    ],
};
