//! Who is billed.

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Filter, Input, List, Part, Related, Rows, Thing};

pub(super) static LIST: List = List {
    name: "customers",
    title: "Customers",
    about: "Who is billed, as NodeConductor registered them.",
    api: "/api/customers/",
    columns: &[
        Column::new("Name", "name", Show::Link("customers", "uuid")).under("native_name"),
        Column::new("E-mail", "email", Show::Text),
        Column::new("Number", "number", Show::Text).minor(),
        Column::new("Invoicing", "invoicing", Show::State).under("settling_error"),
        Column::new("Registered", "created", Show::Time).minor(),
    ],
    filters: &[Filter::new("name", "Name", Input::Text)],
    counted: None,
    orders: &[],
    empty: "Nobody is registered. NodeConductor registers customers with PUT /api/customers/{uuid}/.",
    acts: &[],
    thing: Some(&THING),
    beside: &[],
};

static THING: Thing = Thing {
    title: "name",
    state: Some("invoicing"),
    facts: &[
        Column::new("Native name", "native_name", Show::Text),
        Column::new("Abbreviation", "abbreviation", Show::Text),
        Column::new("E-mail", "email", Show::Text),
        Column::new("Number", "number", Show::Text),
        Column::new("Contact", "contact_details", Show::Text),
        Column::new("Address", "address", Show::Text),
        Column::new("Postal code", "postal", Show::Text),
        Column::new("Country", "country", Show::Text),
        Column::new("VAT code", "vat_code", Show::Text),
        Column::new("Registration code", "registration_code", Show::Text),
        Column::new("Kill Bill's account", "backend_id", Show::Code),
        Column::new("Cannot be settled", "settling_error", Show::Text),
        Column::new("Name in Kill Bill", "told_name", Show::Text).under("telling_error"),
        Column::new("Registered", "created", Show::Time),
        Column::new("Changed", "modified", Show::Time),
    ],
    parts: &[
        Part {
            title: "Invoices",
            rows: Rows::Api {
                address: "/api/invoices/?customer={uuid}&page_size=12&field=uuid",
                all: "/admin/invoices/?customer={uuid}",
            },
            columns: &[
                Column::new("Number", "number", Show::Link("invoices", "uuid")),
                Column::new("Date", "date", Show::Text),
                Column::new("Amount", "total", Show::Money("currency")),
                Column::new("Status", "status", Show::State),
                Column::new("Adds up", "reconciliation", Show::State),
            ],
            empty: "Kill Bill has made none yet.",
        },
        Part {
            title: "Resources",
            rows: Rows::Api {
                address: "/api/resources/?customer={uuid}&page_size=20",
                all: "/admin/resources/?customer={uuid}",
            },
            columns: &[
                Column::new("Name", "name", Show::Link("resources", "uuid")).under("type"),
                Column::new("Project", "project_name", Show::Text),
                Column::new("Started", "started_at", Show::Time),
                Column::new("Terminated", "terminated_at", Show::Time),
            ],
            empty: "None is registered.",
        },
        Part {
            title: "Open discrepancies",
            rows: Rows::Api {
                address: "/api/discrepancies/?customer={uuid}&state=open&page_size=10",
                all: "/admin/discrepancies/?customer={uuid}&state=open",
            },
            columns: &[
                Column::new("Kind", "kind", Show::Link("discrepancies", "uuid")).under("detail"),
                Column::new("Worth", "amount", Show::Money("currency")),
            ],
            empty: "Everything adds up.",
        },
    ],
    related: &[
        Related::new("Its usage", "/admin/usage/?customer={uuid}"),
        Related::new("Missing hours", "/admin/missing-hours/?customer={uuid}"),
        Related::new("Estimates", "/admin/estimates/?customer={uuid}"),
        Related::new("Charges and credits", "/admin/settlements/?customer={uuid}"),
        Related::new("To approve", "/admin/corrections/?customer={uuid}"),
        Related::new("Letters", "/admin/letters/?customer={uuid}"),
    ],
};
