//! A line of an invoice as the API shows it, alone or beside its invoice.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::invoices::ItemRow;
use crate::domain::invoice::ItemKind;
use crate::domain::money;
use crate::domain::route::{Meter, Routing};
use crate::domain::uuid_hex::hex;

/// What both addresses show of a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommonItemView {
    url: String,
    uuid: String,
    /// Kill Bill's id.
    backend_id: String,
    project: String,
    resource: String,
    service: String,
    currency: String,
    kind: ItemKind,
    /// Kill Bill's own word.
    item_type: String,
    meter: Option<String>,
    resource_uuid: Option<String>,
    project_uuid: Option<String>,
    /// What was billed, in the meter's unit.
    quantity: Option<String>,
    /// The unit's label, else Kill Bill's unit.
    unit: Option<String>,
    /// The same, under its later name.
    measured_unit: Option<String>,
    /// Price of one unit, where there is a single one.
    rate: Option<String>,
    /// The same as `project` and `resource`, under their later names.
    project_name: String,
    resource_name: String,
    /// First day.
    start: Option<NaiveDate>,
    /// First day that is not part of it any more.
    end: Option<NaiveDate>,
    description: String,
    /// What the line adjusts, by Kill Bill's id.
    linked_backend_id: Option<String>,
    /// Kill Bill listed it once and does not any more.
    gone: bool,
    /// Where the records behind the line are.
    evidence: String,
}

/// A line of an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemView {
    #[serde(flatten)]
    common: CommonItemView,
    /// Which resource, and what of it.
    name: String,
    /// As Kill Bill calls it.
    backend_name: String,
    /// Every digit of Kill Bill's.
    amount: String,
    /// What the line adds to the invoice's `price`, `tax` and `total`: taxes are lines of their own.
    price: String,
    tax: String,
    total: String,
    /// Price of one unit; the average where there are several prices, and the amount where nothing was counted.
    unit_price: String,
    /// The resource's type; the line's kind where it has no resource.
    scope_type: String,
    scope_uuid: Option<String>,
    details: ItemDetailsView,
}

/// What is known beside, under the names of frontends since 2018; what is not known is left out. They show an offering and its
/// component in place of `name` as soon as they have both, so the component is never here: `name` says more.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ItemDetails)]
pub struct ItemDetailsView {
    /// Where the resource runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    service_provider_name: String,
    /// Kill Bill's product.
    #[serde(skip_serializing_if = "String::is_empty")]
    offering_name: String,
    /// The resource's type.
    #[serde(skip_serializing_if = "String::is_empty")]
    offering_type: String,
    /// Kill Bill's plan.
    #[serde(skip_serializing_if = "String::is_empty")]
    plan_name: String,
}

/// What a line adds to its invoice's price, tax and total, as texts.
pub(super) struct Shares {
    pub(super) price: String,
    pub(super) tax: String,
    pub(super) total: String,
}

impl Shares {
    pub(super) fn of(row: &ItemRow) -> Self {
        let money = |amount| money::in_minor_units(amount, &row.currency);
        let tax = if ItemKind::of(&row.item_type) == ItemKind::Tax {
            row.amount
        } else {
            Decimal::ZERO
        };
        Self {
            price: money(row.amount - tax),
            tax: money(tax),
            total: money(row.amount),
        }
    }
}

fn meter<'r>(routing: &'r Routing, row: &ItemRow) -> Option<&'r Meter> {
    routing.meters().get(row.meter.as_ref()?)
}

/// The unit as it is shown: its label in the configuration, else Kill Bill's unit.
pub(super) fn unit(routing: &Routing, row: &ItemRow) -> Option<String> {
    let label = meter(routing, row).map(|meter| meter.unit_label.clone());
    label.filter(|label| !label.is_empty()).or_else(|| row.unit.clone())
}

/// Which resource, and what of it: frontends print nothing else of a line, and two machines consume the same.
pub(super) fn title(routing: &Routing, row: &ItemRow) -> String {
    let what = row.label(meter(routing, row));
    match row.resource_title() {
        resource if resource.is_empty() => what,
        resource => format!("{resource}: {what}"),
    }
}

pub(super) fn scope_type(row: &ItemRow) -> String {
    row.resource_type.clone().unwrap_or_else(|| row.kind.word().to_owned())
}

impl CommonItemView {
    pub(super) fn new(unit: Option<String>, row: &ItemRow, invoice_url: &str) -> Self {
        let url = format!("{invoice_url}items/{}/", hex(row.uuid));
        Self {
            uuid: hex(row.uuid),
            backend_id: row.killbill_id.to_string(),
            project: row.project_name.clone(),
            resource: row.resource_name.clone(),
            service: row.service_name.clone(),
            currency: row.currency.clone(),
            kind: row.kind,
            item_type: row.item_type.clone(),
            meter: row.meter.clone(),
            resource_uuid: row.resource_uuid.map(hex),
            project_uuid: row.project_uuid.map(hex),
            quantity: quantity(row).map(|quantity| quantity.normalize().to_string()),
            measured_unit: unit.clone(),
            unit,
            rate: rate(row),
            project_name: row.project_name.clone(),
            resource_name: row.resource_name.clone(),
            start: row.start_date,
            end: row.end_date,
            description: row.description.clone(),
            linked_backend_id: row.linked_item.map(|id| id.to_string()),
            gone: row.gone_at.is_some(),
            evidence: format!("{url}evidence/"),
            url,
        }
    }
}

pub(super) fn rate(row: &ItemRow) -> Option<String> {
    row.unit_rate().map(|rate| rate.normalize().to_string())
}

fn quantity(row: &ItemRow) -> Option<Decimal> {
    row.billed_quantity().or(row.quantity)
}

/// Frontends print it, and stop where there is none.
fn unit_price(row: &ItemRow) -> String {
    let average = || {
        let quantity = quantity(row).filter(|quantity| !quantity.is_zero());
        let average = quantity.and_then(|quantity| row.amount.checked_div(quantity));
        money::in_minor_units(average.unwrap_or(row.amount).round_dp(9), &row.currency)
    };
    rate(row).unwrap_or_else(average)
}

impl ItemView {
    pub(super) fn new(routing: &Routing, row: ItemRow, invoice_url: &str) -> Self {
        let Shares { price, tax, total } = Shares::of(&row);
        Self {
            common: CommonItemView::new(unit(routing, &row), &row, invoice_url),
            name: title(routing, &row),
            amount: total.clone(),
            price,
            tax,
            total,
            unit_price: unit_price(&row),
            scope_type: scope_type(&row),
            scope_uuid: row.resource_uuid.map(hex),
            backend_name: row.name,
            details: ItemDetailsView {
                service_provider_name: row.service_name,
                offering_name: row.product,
                offering_type: row.resource_type.unwrap_or_default(),
                plan_name: row.plan,
            },
        }
    }
}
