//! The list of invoices; one invoice has a page of its own making (`admin::invoice`).

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Filter, Input, List};
use crate::http::texts::INVOICE_STATUSES;

pub(super) static LIST: List = List {
    name: "invoices",
    title: "Invoices",
    about: "Kill Bill's invoices, each held against the hours behind it.",
    // Without their lines.
    api: "/api/invoices/?field=uuid",
    columns: &[
        Column::new("Number", "number", Show::Link("invoices", "uuid")),
        Column::new("Customer", "customer_name", Show::Link("customers", "customer_uuid")),
        Column::new("Date", "date", Show::Text),
        Column::new("Amount", "total", Show::Money("currency")),
        Column::new("To be paid", "balance", Show::Money("currency")).minor(),
        Column::new("Status", "status", Show::State),
        Column::new("Adds up", "reconciliation", Show::State),
    ],
    filters: &[
        Filter {
            name: "status",
            title: "Status",
            input: Input::Words(|| INVOICE_STATUSES.to_vec()),
        },
        Filter {
            name: "customer_name",
            title: "Customer's name",
            input: Input::Text,
        },
        Filter {
            name: "number",
            title: "Number",
            input: Input::Text,
        },
        Filter {
            name: "start",
            title: "From day",
            input: Input::Date,
        },
        Filter {
            name: "end",
            title: "Before day",
            input: Input::Date,
        },
        Filter {
            name: "min_amount",
            title: "At least",
            input: Input::Text,
        },
        Filter {
            name: "max_amount",
            title: "At most",
            input: Input::Text,
        },
        Filter {
            name: "customer",
            title: "Customer",
            input: Input::Uuid,
        },
    ],
    counted: None,
    orders: &[("date", "date"), ("total", "amount")],
    empty: "Kill Bill has made no invoice yet. It does at the end of each customer's billing period.",
    acts: &[],
    thing: None,
    beside: &[],
};
