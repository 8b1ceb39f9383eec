//! Gaps and declarations as clients see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::gaps::{Declaration, GapRow};
use crate::domain::money::in_minor_units;
use crate::domain::uuid_hex::hex;
use crate::http::links::Links;

/// Hours of a meter without a record.
#[derive(Debug, Serialize, ToSchema)]
pub struct GapView {
    resource: String,
    resource_uuid: String,
    resource_name: String,
    customer_uuid: Option<String>,
    customer_name: Option<String>,
    meter: String,
    /// First instant of the first hour.
    from: DateTime<Utc>,
    /// First instant after the last hour.
    until: DateTime<Utc>,
    hours: i64,
    /// What each hour is valued with: the quantity of the hour before the gap.
    typical_quantity: String,
    /// What the gap is worth at today's list price if consumption went on like that; none without a price. An estimate:
    /// nothing is ever charged for hours that nobody metered.
    worth: Option<String>,
    currency: Option<String>,
    /// When it was first noticed.
    found_at: DateTime<Utc>,
    /// Somebody declared it intentional.
    declared: bool,
    declaration: Option<String>,
    reason: Option<String>,
}

/// Hours in which a resource consumed nothing on purpose.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeclarationView {
    uuid: String,
    /// Post here to take it back.
    withdraw: String,
    resource: String,
    resource_uuid: String,
    resource_name: String,
    customer_uuid: Option<String>,
    /// None for all meters of the resource.
    meter: Option<String>,
    from: DateTime<Utc>,
    /// None until usage comes again.
    until: Option<DateTime<Utc>>,
    reason: String,
    declared_by: String,
    declared_at: DateTime<Utc>,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl GapView {
    /// The view of `row`.
    #[must_use]
    pub fn new(row: GapRow, links: &Links) -> Self {
        let currency = row.currency;
        Self {
            resource: links.object("resources", row.resource_uuid),
            resource_uuid: hex(row.resource_uuid),
            resource_name: row.resource_name,
            customer_uuid: row.customer_uuid.map(hex),
            customer_name: row.customer_name,
            meter: row.meter,
            from: row.starts,
            until: row.ends,
            hours: row.hours,
            typical_quantity: row.quantity.normalize().to_string(),
            worth: row
                .worth
                .zip(currency.as_deref())
                .map(|(worth, currency)| in_minor_units(worth, currency)),
            currency,
            found_at: row.found_at,
            declared: row.declaration.is_some(),
            declaration: row.declaration.map(hex),
            reason: row.reason,
        }
    }
}

impl DeclarationView {
    /// The view of `row`.
    #[must_use]
    pub fn new(row: Declaration, links: &Links) -> Self {
        Self {
            withdraw: links.to(&format!("/api/missing-hours/declarations/{}/withdraw/", hex(row.uuid))),
            uuid: hex(row.uuid),
            resource: links.object("resources", row.resource_uuid),
            resource_uuid: hex(row.resource_uuid),
            resource_name: row.resource_name,
            customer_uuid: row.customer_uuid.map(hex),
            meter: row.meter,
            from: row.starts,
            until: row.ends,
            reason: row.reason,
            declared_by: row.declared_by,
            declared_at: row.declared_at,
            withdrawn_at: row.withdrawn_at,
        }
    }
}
