//! What months cost or will cost.

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Filter, Input, List};
use crate::domain::estimate::ScopeKind;

pub(super) static LIST: List = List {
    name: "estimates",
    title: "Estimates",
    about: "What a month costs or will cost, by customer, project, service and resource; limits are what the customer set.",
    api: "/api/price-estimates/",
    columns: &[
        Column::new("Of", "scope_name", Show::Text).under("scope_type"),
        Column::new("Year", "year", Show::Text),
        Column::new("Month", "month", Show::Text),
        Column::new("So far", "consumed", Show::Money("currency")),
        Column::new("In all", "total", Show::Money("currency")),
        Column::new("Limit", "limit", Show::Number).minor(),
        Column::new("Without a price", "unrated_records", Show::Number).minor(),
        Column::new("Reckoned", "computed_at", Show::Time).minor(),
    ],
    filters: &[
        Filter::new("start", "From month", Input::Month),
        Filter::new("end", "To month", Input::Month),
        Filter::new("scope_type", "Of", Input::Words(|| ScopeKind::WORDS.to_vec())),
        Filter::new("customer", "Customer", Input::Uuid),
    ],
    counted: None,
    orders: &[],
    empty: "Nothing is estimated yet. The job estimates does it, a few minutes after the first usage.",
    acts: &[],
    thing: None,
    beside: &[],
};
