//! The annual report as a table: one row per customer, month and currency.

use std::cmp::Reverse;

use axum::response::Response;
use futures::stream;

use crate::domain::money;
use crate::domain::report::{GroupBy, Invoiced};
use crate::domain::uuid_hex::hex;
use crate::http::csv::{self, Lines};
use crate::http::state::AppState;

const HEADER: [&str; 9] = [
    "currency",
    "customer_uuid",
    "customer_name",
    "year",
    "month",
    "invoices",
    "amount",
    "owed",
    "written_off",
];

/// In the order of the printed report.
pub(super) fn file(state: &AppState, invoiced: &[Invoiced], grouped: GroupBy) -> Response {
    let mut rows: Vec<&Invoiced> = invoiced.iter().collect();
    let customer = |one: &Invoiced| (Reverse(one.name.clone()), one.customer);
    let time = |one: &Invoiced| (Reverse(one.year), Reverse(one.month));
    match grouped {
        GroupBy::Customer => rows.sort_by_key(|one| (one.currency.clone(), customer(one), time(one))),
        GroupBy::Month => rows.sort_by_key(|one| (one.currency.clone(), time(one), customer(one))),
    }
    let name = format!("cost_report_by_{grouped}");
    let today = state.clock.now().date_naive();
    csv::file(&name, today, &HEADER, stream::iter([Ok(lines(&rows))]))
}

fn lines(rows: &[&Invoiced]) -> Lines {
    let mut lines = Lines::default();
    for row in rows {
        lines.line(|line| {
            line.plain(&row.currency);
            line.plain(hex(row.customer));
            line.text(&row.name);
            line.plain(row.year);
            line.plain(format_args!("{:02}", row.month));
            line.plain(row.invoices);
            for amount in [row.amount, row.owed, row.written_off] {
                line.plain(money::in_minor_units(amount, &row.currency));
            }
        });
    }
    lines
}
