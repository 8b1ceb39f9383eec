//! How invoices are ordered: NodeConductor's names for it, later frontends' too (nodeconductor.md 2.3 and 11).

use super::standing::standing;

/// How a list is ordered; equal ones by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    column: Column,
    descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Date,
    Amount,
    CustomerName,
    CustomerNativeName,
    CustomerAbbreviation,
    Status,
    Number,
    Created,
    /// Of the year: all Januaries before all Februaries.
    Month,
}

impl Order {
    /// Oldest first: what clients of the plugin get who do not ask.
    pub const OLDEST_FIRST: Self = Self {
        column: Column::Date,
        descending: false,
    };

    /// Newest first: what clients of NodeConductor's own invoices get.
    pub const NEWEST_FIRST: Self = Self {
        column: Column::Date,
        descending: true,
    };

    /// The names, for a refusal and for the API's description.
    pub const NAMES: &str = "date, year, month, amount, customer_name, customer_native_name, customer_abbreviation, status, number and created";

    /// Reads the `o` parameter: the historical names, raw ones such as `-customer__name` included.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let column = match name.replace("__", "_").as_str() {
            "date" | "invoice_date" | "year" => Column::Date,
            "amount" | "total" => Column::Amount,
            "customer_name" => Column::CustomerName,
            "customer_native_name" => Column::CustomerNativeName,
            "customer_abbreviation" => Column::CustomerAbbreviation,
            "status" | "state" => Column::Status,
            "number" => Column::Number,
            "created" => Column::Created,
            "month" => Column::Month,
            _ => return None,
        };
        Some(Self { column, descending })
    }

    /// What follows `order by`: of equal ones the older first, or the younger when the first order is turned round.
    pub(super) fn sql(orders: &[Self]) -> String {
        let last = orders.first().is_some_and(|order| order.descending);
        let columns = orders
            .iter()
            .flat_map(|order| order.columns().iter().map(|column| (*column, order.descending)));
        let all = columns.chain([("i.id", last)]);
        all.map(|(column, descending)| {
            let direction = if descending { "desc" } else { "asc" };
            format!("{column} {direction} nulls last")
        })
        .collect::<Vec<_>>()
        .join(", ")
    }

    const fn columns(self) -> &'static [&'static str] {
        match self.column {
            Column::Date => &["i.invoice_date"],
            Column::Amount => &["i.amount", "i.invoice_date"],
            Column::CustomerName => &["c.name", "i.invoice_date"],
            Column::CustomerNativeName => &["c.native_name", "i.invoice_date"],
            Column::CustomerAbbreviation => &["c.abbreviation", "i.invoice_date"],
            Column::Status => &[standing!(), "i.invoice_date"],
            // Kill Bill counts: 9 before 10.
            Column::Number => &["length(i.number)", "i.number"],
            Column::Created => &["i.first_seen_at"],
            Column::Month => &["extract(month from i.invoice_date)", "i.invoice_date"],
        }
    }
}
