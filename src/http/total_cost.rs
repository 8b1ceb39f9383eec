//! `/api/billing-total-cost/`: what all customers were invoiced together, for the financial overview of frontends since 2018.

use axum::Json;
use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::MayReadAll;
use super::extract::Query;
use super::number::Number;
use super::problem::Answer;
use super::query;
use super::state::AppState;
use crate::db::reports::{self, Cost, CostFilter};
use crate::domain::money;

/// Which invoices to add up.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CostQuery {
    /// Year of the invoice date.
    #[param(minimum = 1, maximum = 9999)]
    year: Option<i32>,
    /// Month of the invoice date: 8 and 08 mean the same.
    #[param(minimum = 1, maximum = 12)]
    month: Option<i32>,
    /// Part of the customer's name, in any case.
    name: Option<String>,
}

/// What was invoiced together, in the billing currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotalCostView {
    total: Number,
    /// The same without tax.
    price: Number,
    currency: String,
    /// What was invoiced in other currencies: they are never added up.
    others: Vec<CostView>,
}

/// What was invoiced in another currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostView {
    currency: String,
    total: Number,
    price: Number,
}

/// What all customers were invoiced: in a month, in a year, or ever.
///
/// Committed invoices count, whatever became of them; drafts and voided ones do not.
#[utoipa::path(get, path = "/api/billing-total-cost/", tag = "invoices", params(CostQuery), responses(
    (status = OK, description = "The sums.", body = TotalCostView),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look.")))]
pub async fn total_cost(
    _: MayReadAll,
    State(state): State<AppState>,
    Query(query): Query<CostQuery>,
) -> Answer<Json<TotalCostView>> {
    query::check_date(query.year, query.month)?;
    let filter = CostFilter {
        year: query.year,
        month: query.month,
        customer_name: query.name,
    };
    let costs = reports::costs(&state.pool, &filter).await?;
    let routing = state.book.routing(&state.pool).await?;
    let (own, others): (Vec<Cost>, Vec<Cost>) = costs.into_iter().partition(|cost| cost.currency == routing.currency());
    let number = |amount: Decimal, currency: &str| Number(money::with_minor_digits(amount, currency));
    let own = |of: fn(&Cost) -> Decimal| number(own.iter().map(of).sum(), routing.currency());
    Ok(Json(TotalCostView {
        total: own(|cost| cost.total),
        price: own(|cost| cost.total - cost.tax),
        currency: routing.currency().to_owned(),
        others: others
            .into_iter()
            .map(|cost| CostView {
                total: number(cost.total, &cost.currency),
                price: number(cost.total - cost.tax, &cost.currency),
                currency: cost.currency,
            })
            .collect(),
    }))
}
