//! A group of hours that is decided about, as staff see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::approvals::Approval;
use crate::domain::money::in_minor_units;
use crate::domain::settlement::{Class, CorrectionState};
use crate::http::ids::Id;
use crate::http::links::Links;

/// Hours of one resource's meter, month and class.
#[derive(Serialize, ToSchema)]
pub struct CorrectionView {
    url: String,
    #[schema(value_type = String)]
    uuid: Id,
    class: Class,
    state: CorrectionState,
    resource: String,
    #[schema(value_type = String)]
    resource_uuid: Id,
    resource_name: String,
    customer: Option<String>,
    customer_name: Option<String>,
    meter: String,
    /// `2027-05`.
    month: String,
    record_count: i64,
    /// In the meter's unit; negative when less was consumed.
    quantity: String,
    /// What they are worth at today's list price, where there is one.
    estimate: Option<String>,
    currency: Option<String>,
    first_hour: Option<DateTime<Utc>>,
    last_hour: Option<DateTime<Utc>>,
    /// Why they were declined.
    reason: Option<String>,
    /// Whose token decided.
    decided_by: Option<String>,
    created: DateTime<Utc>,
    decided_at: Option<DateTime<Utc>>,
}

impl CorrectionView {
    /// The view of `row`.
    #[must_use]
    pub fn new(links: &Links, row: Approval) -> Self {
        let estimate = row.estimate.zip(row.currency.as_deref());
        Self {
            url: links.object("corrections", row.uuid),
            uuid: Id(row.uuid),
            estimate: estimate.map(|(amount, currency)| in_minor_units(amount, currency)),
            class: row.class,
            state: row.state,
            resource: links.object("resources", row.resource_uuid),
            resource_uuid: Id(row.resource_uuid),
            resource_name: row.resource_name,
            customer: row.customer_uuid.map(|uuid| links.object("customers", uuid)),
            customer_name: row.customer_name,
            meter: row.meter,
            month: row.month.format("%Y-%m").to_string(),
            record_count: row.records,
            quantity: row.quantity.normalize().to_string(),
            currency: row.currency,
            first_hour: row.first_hour,
            last_hour: row.last_hour,
            reason: row.reason,
            decided_by: row.decided_by,
            created: row.created_at,
            decided_at: row.decided_at,
        }
    }
}
