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
        Filter::new("status", "Status", Input::Words(|| INVOICE_STATUSES.to_vec())),
        Filter::new("customer_name", "Customer's name", Input::Text),
        Filter::new("number", "Number", Input::Text),
        Filter::new("start", "From day", Input::Date),
        Filter::new("end", "Before day", Input::Date),
        Filter::new("min_amount", "At least", Input::Text),
        Filter::new("max_amount", "At most", Input::Text),
        Filter::new("customer", "Customer", Input::Uuid),
    ],
    counted: None,
    orders: &[("date", "date"), ("total", "amount")],
    empty: "Kill Bill has made no invoice yet. It does at the end of each customer's billing period.",
    acts: &[],
    thing: None,
    beside: &[],
};
