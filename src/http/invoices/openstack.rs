//! A line as the first frontends of NodeConductor's own invoices read it (2016 and 2017): days, and a price by the day.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::item::{Shares, title};
use crate::db::invoices::ItemRow;
use crate::domain::money;
use crate::domain::route::Routing;
use crate::domain::uuid_hex::hex;

/// A line of an invoice, by the day.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenStackItemView {
    uuid: String,
    /// Which resource, and what of it.
    name: String,
    /// What the line adds to the invoice's `price`, `tax` and `total`.
    price: String,
    tax: String,
    total: String,
    /// What it comes to on each of its days, to nine decimals.
    daily_price: String,
    /// How many days it is about; 1 where it is about none.
    usage_days: i64,
    /// First day.
    start: Option<NaiveDate>,
    /// First day that is not part of it any more.
    end: Option<NaiveDate>,
    project_name: String,
    project_uuid: Option<String>,
    product_code: String,
    article_code: String,
    /// The resource's type; the line's kind where it has no resource.
    scope_type: String,
    scope_uuid: Option<String>,
}

impl OpenStackItemView {
    pub(super) fn new(routing: &Routing, row: &ItemRow) -> Self {
        let Shares { price, tax, total } = Shares::of(row);
        let days = days(row);
        Self {
            uuid: hex(row.uuid),
            name: title(routing, row),
            price,
            tax,
            total,
            daily_price: money::in_minor_units((row.amount / Decimal::from(days)).round_dp(9), &row.currency),
            usage_days: days,
            start: row.start_date,
            end: row.end_date,
            project_name: row.project_name.clone(),
            project_uuid: row.project_uuid.map(hex),
            product_code: row.product.clone(),
            article_code: row.plan.clone(),
            scope_type: super::item::scope_type(row),
            scope_uuid: row.resource_uuid.map(hex),
        }
    }
}

/// At least one: something is divided by it.
fn days(row: &ItemRow) -> i64 {
    let period = row.start_date.zip(row.end_date);
    period.map_or(1, |(start, end)| (end - start).num_days()).max(1)
}
