//! The price list in force, and what changed in it.

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Filter, Input, List, Part, Related, Rows, Thing};

const VALUE: Column = Column::new("An hour", "value", Show::Money("currency"));
const MONTHLY: Column = Column::new("A month", "monthly_rate", Show::Money("currency"));

pub(super) static LIST: List = List {
    name: "prices",
    title: "Prices",
    about: "The price list, as Kill Bill's catalog has it today.",
    api: "/api/default-price-list-items/",
    columns: &[
        Column::new("Name", "name", Show::Link("prices", "uuid")).under("description"),
        Column::new("Item", "item_type", Show::Text).under("key"),
        VALUE,
        MONTHLY,
        Column::new("Plan", "plan", Show::Text).minor(),
        Column::new("Unit", "unit", Show::Text).minor(),
        Column::new("In force since", "effective_from", Show::Time).minor(),
    ],
    filters: &[
        Filter::new("name", "Name", Input::Text),
        Filter::new("item_type", "Item", Input::Text),
        Filter::new("key", "Key", Input::Text),
        Filter::new("currency", "Currency", Input::Text),
    ],
    counted: None,
    orders: &[],
    empty: "There are no prices: Kill Bill has no catalog for this tenant, or none of its prices is a meter's. `check` says which.",
    acts: &[],
    thing: Some(&THING),
    beside: &[
        Related::new("What changed", "/admin/price-changes/"),
        Related::new("Try a catalog", "/admin/catalog/"),
    ],
};

static THING: Thing = Thing {
    title: "name",
    state: None,
    facts: &[
        Column::new("Description", "description", Show::Text),
        VALUE,
        MONTHLY,
        Column::new("How it is reckoned", "rule", Show::Text),
        Column::new("Item", "item_type", Show::Text).under("key"),
        Column::new("Product", "product", Show::Text),
        Column::new("Plan", "plan", Show::Text),
        Column::new("Unit", "unit", Show::Text),
        Column::new("Tiers", "tier_policy", Show::Text),
        Column::new("In force since", "effective_from", Show::Time),
    ],
    parts: &[Part {
        title: "What changed",
        rows: Rows::Api {
            address: "/api/price-list-changes/?item={uuid}&page_size=50",
            all: "/admin/price-changes/?item={uuid}",
        },
        columns: &CHANGE,
        empty: "It has not changed since it is known here.",
    }],
    related: &[],
};

const CHANGE: [Column; 5] = [
    Column::new("Name", "name", Show::Link("prices", "item_uuid")),
    Column::new("What", "kind", Show::Text),
    Column::new("Before", "before", Show::Money("currency")),
    Column::new("After", "after", Show::Money("currency")),
    Column::new("In force since", "effective_from", Show::Time),
];

pub(super) static CHANGES: List = List {
    name: "price-changes",
    title: "Changed prices",
    about: "What changed in the price list, from one version of the catalog to the next.",
    api: "/api/price-list-changes/",
    columns: &CHANGE,
    filters: &[Filter::new("item", "Price", Input::Uuid)],
    counted: None,
    orders: &[],
    empty: "No price has changed since the first catalog.",
    acts: &[],
    thing: None,
    beside: &[Related::new("Prices", "/admin/prices/")],
};
