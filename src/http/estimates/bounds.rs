//! `threshold/` and `limit/`: what people set for a scope's months.

use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::manual::{amount, author};
use super::scope;
use crate::db::estimates::{self, Bound};
use crate::http::auth::Caller;
use crate::http::decimals::{LimitInput, MoneyInput};
use crate::http::extract::Json;
use crate::http::form::Form;
use crate::http::ids::Id;
use crate::http::number::Number;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// Where people want to be warned.
#[derive(Deserialize, ToSchema)]
pub struct ThresholdBody {
    /// Address or uuid of the resource, service, project or customer.
    #[schema(value_type = Id)]
    scope: String,
    /// Whose project it is, where several customers have one of that uuid: uuid or address.
    customer: Option<Id>,
    /// Above 0; 0 or `null` takes it away.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<MoneyInput>, required = true)]
    threshold: Option<Number>,
}

/// What people do not want to go beyond.
#[derive(Deserialize, ToSchema)]
pub struct LimitBody {
    /// Address or uuid of the resource, service, project or customer.
    #[schema(value_type = Id)]
    scope: String,
    /// Whose project it is, where several customers have one of that uuid: uuid or address.
    customer: Option<Id>,
    /// From 0; -1 or `null` takes it away.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<LimitInput>, required = true)]
    limit: Option<Number>,
}

/// That it was done.
#[derive(Serialize, ToSchema)]
pub struct Done {
    detail: &'static str,
}

/// Set the threshold of a scope, for every month.
///
/// It is shown with the estimates; nothing is stopped by it.
#[utoipa::path(post, path = "/api/price-estimates/threshold/", tag = "estimates", extensions(("x-may-call" = json!(["owner", "staff"]))), request_body = ThresholdBody, responses(
    (status = OK, description = "Set.", body = Done),
    (status = BAD_REQUEST, description = "A field is wrong, or the scope is not the caller's to see."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the customer and staff may.")))]
pub async fn threshold(
    State(state): State<AppState>,
    caller: Caller,
    Json(body): Json<ThresholdBody>,
) -> Answer<axum::Json<Done>> {
    let value = checked(Bound::Threshold, body.threshold)?;
    set(&state, &caller, (&body.scope, body.customer), Bound::Threshold, value).await?;
    Ok(axum::Json(Done {
        detail: "Threshold for price estimate is updated.",
    }))
}

/// Set the limit of a scope, for every month.
///
/// It is shown with the estimates; nothing is stopped by it.
#[utoipa::path(post, path = "/api/price-estimates/limit/", tag = "estimates", extensions(("x-may-call" = json!(["owner", "staff"]))), request_body = LimitBody, responses(
    (status = OK, description = "Set.", body = Done),
    (status = BAD_REQUEST, description = "A field is wrong, or the scope is not the caller's to see."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the customer and staff may.")))]
pub async fn limit(
    State(state): State<AppState>,
    caller: Caller,
    Json(body): Json<LimitBody>,
) -> Answer<axum::Json<Done>> {
    let value = checked(Bound::Limit, body.limit)?;
    set(&state, &caller, (&body.scope, body.customer), Bound::Limit, value).await?;
    Ok(axum::Json(Done {
        detail: "Limit for price estimate is updated.",
    }))
}

fn checked(bound: Bound, value: Option<Number>) -> Answer<Option<Decimal>> {
    let mut form = Form::default();
    let value = form.take(bound.word(), value.map(|value| self::value(bound, value)).transpose());
    form.done().map(|()| value.flatten())
}

/// What is to be set; `None` where NodeConductor's word for none is given.
///
/// # Errors
/// When it is no amount of money.
pub(super) fn value(bound: Bound, given: Number) -> Result<Option<Decimal>, &'static str> {
    let none = match bound {
        Bound::Threshold => Decimal::ZERO,
        Bound::Limit => Decimal::NEGATIVE_ONE,
    };
    if given.0 == none {
        Ok(None)
    } else {
        amount(given).map(Some)
    }
}

async fn set(
    state: &AppState,
    caller: &Caller,
    (address, customer): (&str, Option<Id>),
    bound: Bound,
    value: Option<Decimal>,
) -> Answer<()> {
    let (uuid, found) = scope(state, caller, address, customer).await?;
    if !caller.may_decide_for(found.customer_uuid) {
        return Err(Problem::forbidden());
    }
    let author = author(state, caller);
    Ok(estimates::set_bound(&state.pool, author, (uuid, found.customer_id), bound, value).await?)
}
