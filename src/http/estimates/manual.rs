//! Estimates that people set: for a resource's month, by the customer's owner or staff.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::scope;
use super::view::EstimateView;
use crate::db::estimates::{self, Author, EstimateRow, NewEstimate};
use crate::domain::estimate::ScopeKind;
use crate::domain::month::Month;
use crate::http::auth::Caller;
use crate::http::decimals::MoneyInput;
use crate::http::extract::{Json, Path};
use crate::http::form::Form;
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::nul;
use crate::http::number::{Integer, Number, given};
use crate::http::object::Object;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// A resource's month as a person expects it.
#[derive(Deserialize, ToSchema)]
pub struct EstimateBody {
    /// The resource's address or uuid.
    #[schema(value_type = Id)]
    scope: String,
    /// From 0.
    #[schema(value_type = MoneyInput)]
    total: Number,
    /// From 1 to 12.
    #[schema(value_type = u32, minimum = 1, maximum = 12)]
    month: Integer,
    /// From 2000 to 2099.
    #[schema(value_type = i32, minimum = 2000, maximum = 2099)]
    year: Integer,
    /// Anything that explains the figure.
    #[schema(value_type = Option<Object>)]
    details: Option<Object>,
}

/// What changes of a manual estimate.
#[derive(Deserialize, ToSchema)]
pub struct EstimateChange {
    /// From 0.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = MoneyInput, required = false)]
    total: Option<Number>,
    /// Anything that explains the figure.
    #[schema(value_type = Option<Object>)]
    details: Option<Object>,
}

/// Set an estimate for a resource's month.
///
/// It hides the automatic one until it is removed, and is rolled up nowhere.
#[utoipa::path(post, path = "/api/price-estimates/", tag = "estimates", extensions(("x-may-call" = json!(["owner", "staff"]))), request_body = EstimateBody, responses(
    (status = CREATED, description = "Set.", body = EstimateView),
    (status = BAD_REQUEST, description = "A field is wrong, the scope is no resource, or the month has a manual estimate."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the resource's customer and staff may.")))]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    links: Links,
    Json(body): Json<EstimateBody>,
) -> Answer<(StatusCode, axum::Json<EstimateView>)> {
    let mut form = Form::default();
    let total = form.take("total", amount(body.total));
    let month = form.take("month", day(body.year, body.month).map(Some)).map(Month::of);
    let details = form.take("details", body.details.map(free).transpose());
    form.done()?;
    let (uuid, found) = scope(&state, &caller, &body.scope, None).await?;
    if found.scope_type != ScopeKind::Resource {
        return Err(Problem::field(
            "scope",
            "Only a resource's month can be estimated by hand.",
        ));
    }
    if !caller.may_decide_for(found.customer_uuid) {
        return Err(Problem::forbidden());
    }
    let routing = state.book.routing(&state.pool).await?;
    let new = NewEstimate {
        scope: uuid,
        found: &found,
        month: month.ok_or_else(Problem::internal)?,
        currency: routing.currency(),
        total,
        details: json!(details.unwrap_or_default()),
    };
    let created = estimates::create(&state.pool, author(&state, &caller), &new).await?;
    let created = created.ok_or_else(|| {
        let text = "Estimate for given month already exists. Use PATCH request to update it.";
        Problem::field("non_field_errors", text)
    })?;
    Ok((StatusCode::CREATED, shown(&state, &caller, created, &links).await?))
}

/// Change a manual estimate, as far as it is given.
#[utoipa::path(patch, path = "/api/price-estimates/{uuid}/", tag = "estimates", extensions(("x-may-call" = json!(["owner", "staff"]))), request_body = EstimateChange,
    params(("uuid" = Id, Path, description = "The estimate's uuid")), responses(
    (status = OK, description = "Changed.", body = EstimateView),
    (status = BAD_REQUEST, description = "A field is wrong."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the resource's customer and staff may."),
    (status = NOT_FOUND, description = "No such estimate, or not yours to see."),
    (status = METHOD_NOT_ALLOWED, description = "The estimate is automatic.")))]
pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<EstimateChange>,
) -> Answer<axum::Json<EstimateView>> {
    own(&state, &caller, uuid).await?;
    let mut form = Form::default();
    let total = form.take("total", body.total.map(amount).transpose());
    let details = form.take("details", body.details.map(free).transpose());
    form.done()?;
    update(&state, &caller, uuid, total, details).await?;
    shown(&state, &caller, uuid, &links).await
}

pub(super) async fn update(
    state: &AppState,
    caller: &Caller,
    uuid: Uuid,
    total: Option<Decimal>,
    details: Option<Map<String, Value>>,
) -> Answer<()> {
    let details = details.map(Value::Object);
    estimates::update(&state.pool, author(state, caller), uuid, total, details).await?;
    Ok(())
}

/// Remove a manual estimate; the automatic one shows again.
#[utoipa::path(delete, path = "/api/price-estimates/{uuid}/", tag = "estimates", extensions(("x-may-call" = json!(["owner", "staff"]))),
    params(("uuid" = Id, Path, description = "The estimate's uuid")), responses(
    (status = NO_CONTENT, description = "Removed."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the resource's customer and staff may."),
    (status = NOT_FOUND, description = "No such estimate, or not yours to see."),
    (status = METHOD_NOT_ALLOWED, description = "The estimate is automatic.")))]
pub async fn delete(State(state): State<AppState>, caller: Caller, Path(Id(uuid)): Path<Id>) -> Answer<StatusCode> {
    own(&state, &caller, uuid).await?;
    estimates::delete(&state.pool, uuid).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The estimate, if the caller may decide for its customer.
pub(super) async fn decided(state: &AppState, caller: &Caller, uuid: Uuid) -> Answer<EstimateRow> {
    let row = estimates::by_uuid(&state.pool, uuid, caller.visible_customers())
        .await?
        .ok_or_else(Problem::not_found)?;
    if caller.may_decide_for(row.customer_uuid) {
        Ok(row)
    } else {
        Err(Problem::forbidden())
    }
}

/// The manual estimate, if the caller may change it.
async fn own(state: &AppState, caller: &Caller, uuid: Uuid) -> Answer<()> {
    manual(&decided(state, caller, uuid).await?)
}

/// Only what a person has set may be changed.
pub(super) fn manual(row: &EstimateRow) -> Answer<()> {
    if row.is_manually_input {
        return Ok(());
    }
    let detail = "Method \"Auto calculated price estimate can not be edited or deleted\" not allowed.";
    Err(Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        detail,
    ))
}

pub(super) async fn shown(
    state: &AppState,
    caller: &Caller,
    uuid: Uuid,
    links: &Links,
) -> Answer<axum::Json<EstimateView>> {
    let row = estimates::by_uuid(&state.pool, uuid, caller.visible_customers()).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(EstimateView::new(row, links)))
}

pub(super) fn author<'a>(state: &AppState, caller: &'a Caller) -> Author<'a> {
    Author {
        name: &caller.name,
        now: state.clock.now(),
    }
}

pub(super) fn free(Object(details): Object) -> Result<Map<String, Value>, &'static str> {
    nul::free(details)
}

/// Money that a person gives.
pub(super) fn amount(Number(value): Number) -> Result<Decimal, &'static str> {
    match value.normalize() {
        value if value < Decimal::ZERO => Err("Ensure this value is greater than or equal to 0."),
        value if value >= dec!(1_000_000_000_000) => Err("Ensure this value is less than 1000000000000."),
        value if value.scale() > 10 => Err("Ensure that there are no more than 10 decimal places."),
        value => Ok(value),
    }
}

fn day(Integer(year): Integer, Integer(month): Integer) -> Result<NaiveDate, &'static str> {
    let year = i32::try_from(year).ok().filter(|year| (2000..2100).contains(year));
    let year = year.ok_or("Year has to be from 2000 to 2099")?;
    let month = u32::try_from(month).ok();
    month
        .and_then(|month| NaiveDate::from_ymd_opt(year, month, 1))
        .ok_or("Month has to be from 1 to 12")
}
