//! An estimate as clients see it: NodeConductor's keys of both generations, then ours.

use chrono::{DateTime, Datelike, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::estimates::EstimateRow;
use crate::domain::estimate::{EstimateSource, ScopeKind};
use crate::domain::money;
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::number::Number;

/// What a month costs.
#[derive(Serialize, ToSchema)]
pub struct EstimateView {
    url: String,
    uuid: Id,
    /// Address of the resource, service, project or customer.
    scope: String,
    scope_uuid: Id,
    /// A project is called `Project | Customer`, what it has in a service `Service | Project`.
    scope_name: String,
    /// `serviceprojectlink`: what a project has in a service.
    scope_type: ScopeKind,
    customer_uuid: Id,
    /// Of a resource: itself, and the project that it belongs to now. Of a project: itself.
    resource_uuid: Option<Id>,
    project_uuid: Option<Id>,
    project_name: String,
    /// Of the whole month: invoiced, or projected to its end.
    total: Number,
    /// So far.
    consumed: Number,
    /// Where people want to be warned.
    threshold: Option<Number>,
    /// What they do not want to go beyond.
    limit: Option<Number>,
    /// What was consumed so far, by meter; lines without a meter under their kind.
    details: serde_json::Value,
    month: u32,
    year: i32,
    is_manually_input: bool,
    /// Of a resource.
    resource_type: String,
    currency: String,
    /// `records`: our own sums and the price list; `invoices`: Kill Bill has billed the month.
    source: EstimateSource,
    /// Records that are in neither figure: they have no price yet, or are held though the month is invoiced.
    unrated_records: i64,
    computed_at: DateTime<Utc>,
    /// Of a customer, once a day: Kill Bill's dry run beside our figures.
    dry_run: Option<DryRunView>,
}

/// Kill Bill's own view of the usage that it has not invoiced.
#[derive(Serialize, ToSchema)]
pub struct DryRunView {
    /// Usage that Kill Bill would bill now.
    killbill: Number,
    /// What the records that were delivered come to.
    delivered: Number,
    /// `killbill` less `delivered`. Zero, or explained by what is on its way; else there is a discrepancy.
    difference: Number,
    /// Records that wait here for their delivery, or for proof that it arrived.
    on_the_way: Number,
    checked_at: DateTime<Utc>,
}

impl EstimateView {
    /// The view of `row`.
    #[must_use]
    pub fn new(row: EstimateRow, links: &Links) -> Self {
        let amount = amounts(&row.currency);
        let dry_run = row.killbill.zip(row.delivered).zip(row.checked_at);
        let dry_run = dry_run.map(|((killbill, delivered), checked_at)| DryRunView {
            killbill: amount(killbill),
            delivered: amount(delivered),
            difference: amount(killbill - delivered),
            on_the_way: amount(row.on_the_way.unwrap_or_default()),
            checked_at,
        });
        Self {
            url: links.object("price-estimates", row.uuid),
            uuid: Id(row.uuid),
            scope: links.object(family(row.scope_type), row.scope_uuid),
            scope_uuid: Id(row.scope_uuid),
            customer_uuid: Id(row.customer_uuid),
            resource_uuid: (row.scope_type == ScopeKind::Resource).then_some(Id(row.scope_uuid)),
            project_uuid: row.project_uuid.map(Id),
            project_name: row.project_name.unwrap_or_default(),
            total: amount(row.total),
            consumed: amount(row.consumed),
            threshold: row.threshold.map(amount),
            limit: row.bound.map(amount),
            month: row.month.month(),
            year: row.month.year(),
            is_manually_input: row.is_manually_input,
            unrated_records: row.unrated,
            computed_at: row.computed_at,
            dry_run,
            scope_name: row.scope_name,
            scope_type: row.scope_type,
            details: row.details,
            resource_type: row.resource_type,
            currency: row.currency,
            source: row.source,
        }
    }
}

/// Amounts of `currency`, with its decimals.
pub(super) fn amounts(currency: &str) -> impl Fn(Decimal) -> Number + Copy {
    move |value| Number(money::with_minor_digits(value, currency))
}

/// The segment after `/api/` below which things of that kind have their addresses.
pub(super) const fn family(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Resource => "resources",
        ScopeKind::Service => "services",
        ScopeKind::Link => "service-project-links",
        ScopeKind::Project => "projects",
        ScopeKind::Customer => "customers",
    }
}
