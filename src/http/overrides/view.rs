//! An override as clients see it: the price that was set, and beside it the one that is billed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::overrides::{ChangeRow, OverrideRow};
use crate::domain::price::{is_same, shown};
use crate::domain::route::Routing;
use crate::http::ids::Id;
use crate::http::links::Links;

/// A price that was set for one service.
#[derive(Serialize, ToSchema)]
pub struct OverrideView {
    url: String,
    uuid: Id,
    key: String,
    item_type: String,
    /// The price that was set, of one unit for one hour. Shown only: see `billed_value`.
    value: String,
    /// Kill Bill's unit; empty for a price by the month.
    units: String,
    /// The service's address.
    service: String,
    service_uuid: Id,
    service_name: String,
    /// The item's address in the price list.
    default_price_list_item: String,
    resource_type: String,
    /// The item's name in the price list in force.
    name: Option<String>,
    currency: String,
    /// Always true: a person set it, no change of the price list touches it.
    is_manually_input: bool,
    /// What Kill Bill charges for it by the hour. `null`: its catalog no longer has the item.
    billed_value: Option<String>,
    /// Whether that is the price that was set. Kill Bill charges `billed_value` in any case.
    is_billed: bool,
    created: DateTime<Utc>,
    created_by: String,
    modified: DateTime<Utc>,
    modified_by: String,
}

/// What happened to an override.
#[derive(Serialize, ToSchema)]
pub struct OverrideChangeView {
    override_uuid: Id,
    service_uuid: Id,
    default_price_list_item_uuid: Id,
    /// `null`: it was set for the first time.
    before: Option<String>,
    /// `null`: it was removed.
    after: Option<String>,
    at: DateTime<Utc>,
    /// The name of the token.
    by: String,
}

impl OverrideView {
    /// The view of `row`, with links into `family`.
    #[must_use]
    pub fn new(row: OverrideRow, routing: &Routing, links: &Links, family: &str) -> Self {
        Self {
            url: links.object(family, row.uuid),
            uuid: Id(row.uuid),
            key: row.key,
            item_type: row.item_type,
            value: row.value.normalize().to_string(),
            units: row.units,
            service: links.object("services", row.service_uuid),
            service_uuid: Id(row.service_uuid),
            service_name: row.service_name,
            default_price_list_item: links.object("default-price-list-items", row.item_uuid),
            resource_type: row.plan.map(|plan| routing.resource_type(&plan)).unwrap_or_default(),
            name: row.name,
            currency: row.currency,
            is_manually_input: true,
            billed_value: row.billed_value.map(|value| shown(value).to_string()),
            is_billed: row.billed_value.is_some_and(|billed| is_same(billed, row.value)),
            created: row.created_at,
            created_by: row.created_by,
            modified: row.updated_at,
            modified_by: row.updated_by,
        }
    }
}

impl From<ChangeRow> for OverrideChangeView {
    fn from(row: ChangeRow) -> Self {
        Self {
            override_uuid: Id(row.override_uuid),
            service_uuid: Id(row.service_uuid),
            default_price_list_item_uuid: Id(row.item_uuid),
            before: row.before.map(|value| value.normalize().to_string()),
            after: row.after.map(|value| value.normalize().to_string()),
            at: row.at,
            by: row.by,
        }
    }
}
