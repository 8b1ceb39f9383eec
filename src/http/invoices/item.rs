//! A line of an invoice as the API shows it, alone or beside its invoice.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Number, Value};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

use crate::db::invoices::ItemRow;
use crate::domain::money;
use crate::domain::route::Routing;
use crate::domain::uuid_hex::hex;
use crate::http::family::Family;

/// A line of an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemView {
    url: String,
    uuid: String,
    /// Kill Bill's id.
    backend_id: String,
    name: String,
    project: String,
    resource: String,
    service: String,
    currency: String,
    /// Every digit of Kill Bill's; below `/api/killbill-invoices/` a number, as it was in NodeConductor.
    #[schema(schema_with = amount_schema)]
    amount: Value,
    /// The amount under its later names. Taxes are lines of their own.
    price: String,
    tax: String,
    total: String,
    /// `usage`, `recurring`, `fixed`, `charge`, `credit`, `adjustment`, `tax` or `other`.
    kind: String,
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
    /// Price of one unit.
    rate: Option<String>,
    /// The same, under its later name.
    unit_price: Option<String>,
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

/// The unit as it is shown: its label in the configuration, else Kill Bill's unit.
pub(super) fn unit(routing: &Routing, row: &ItemRow) -> Option<String> {
    let meter = row.meter.as_ref().and_then(|name| routing.meters().get(name));
    let label = meter.map(|meter| meter.unit_label.clone());
    label.filter(|label| !label.is_empty()).or_else(|| row.unit.clone())
}

impl ItemView {
    pub(super) fn new(unit: Option<String>, row: ItemRow, family: Family, invoice_url: &str) -> Self {
        let url = format!("{invoice_url}items/{}/", hex(row.uuid));
        let rate = row.unit_rate().map(|rate| rate.normalize().to_string());
        let total = money::in_minor_units(row.amount, &row.currency);
        Self {
            uuid: hex(row.uuid),
            backend_id: row.killbill_id.to_string(),
            quantity: row
                .billed_quantity()
                .or(row.quantity)
                .map(|quantity| quantity.normalize().to_string()),
            unit_price: rate.clone(),
            rate,
            measured_unit: unit.clone(),
            unit,
            amount: amount(row.amount, &total, family),
            price: total.clone(),
            tax: money::in_minor_units(Decimal::ZERO, &row.currency),
            total,
            project_name: row.project_name.clone(),
            resource_name: row.resource_name.clone(),
            name: row.name,
            project: row.project_name,
            resource: row.resource_name,
            service: row.service_name,
            currency: row.currency,
            kind: row.kind,
            item_type: row.item_type,
            meter: row.meter,
            resource_uuid: row.resource_uuid.map(hex),
            project_uuid: row.project_uuid.map(hex),
            start: row.start_date,
            end: row.end_date,
            description: row.description,
            linked_backend_id: row.linked_item.map(|id| id.to_string()),
            gone: row.gone_at.is_some(),
            evidence: format!("{url}evidence/"),
            url,
        }
    }
}

/// A number is written with the decimal's own digits; no float is ever made of it.
fn amount(amount: Decimal, text: &str, family: Family) -> Value {
    let number = || amount.normalize().to_string().parse::<Number>().ok();
    match family {
        Family::Invoices => text.into(),
        Family::Killbill => number().map_or_else(|| text.into(), Value::Number),
    }
}

fn amount_schema() -> Schema {
    let either = SchemaType::from_iter([Type::String, Type::Number]);
    Schema::Object(ObjectBuilder::new().schema_type(either).build())
}
