//! `PUT` at an estimate's own address: a manual estimate as it is to be, or, as frontends since 2018 save a policy, the
//! threshold and the limit of its scope.

use axum::extract::State;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::bounds::value;
use super::manual::{amount, author, decided, free, manual, shown, update};
use super::view::EstimateView;
use crate::db::estimates::{self, Bound, EstimateRow};
use crate::domain::estimate::ScopeKind;
use crate::http::auth::Caller;
use crate::http::decimals::{LimitInput, MoneyInput};
use crate::http::extract::{Json, Path};
use crate::http::form::Form;
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::number::Number;
use crate::http::object::Object;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// A manual estimate as it is to be, or what is to be set for a scope, or both. Without `threshold` and `limit`, `total` is required.
#[derive(Deserialize, ToSchema)]
#[expect(clippy::option_option, reason = "left out, `null` and a figure are three things")]
pub struct EstimateReplacement {
    /// Of a manual estimate, from 0.
    #[serde(default, deserialize_with = "crate::http::number::given")]
    #[schema(value_type = MoneyInput, required = false)]
    total: Option<Number>,
    /// Of a manual estimate: anything that explains the figure; what is there stays without it.
    #[schema(value_type = Option<Object>)]
    details: Option<Object>,
    /// For every month of the scope: above 0; 0 or `null` takes it away.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<MoneyInput>, required = false)]
    threshold: Option<Option<Number>>,
    /// For every month of the scope: from 0; -1 or `null` takes it away.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = Option<LimitInput>, required = false)]
    limit: Option<Option<Number>>,
}

/// Tells `null` from what is not there.
#[expect(clippy::option_option, reason = "as above")]
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Number>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What a body says, checked.
struct Replacement {
    total: Option<Decimal>,
    details: Option<Map<String, Value>>,
    bounds: Vec<(Bound, Option<Decimal>)>,
}

impl EstimateReplacement {
    fn checked(self) -> Answer<Replacement> {
        let mut form = Form::default();
        if self.total.is_none() && self.threshold.is_none() && self.limit.is_none() {
            form.refuse("total", "This field is required.");
        }
        let total = form.take("total", self.total.map(amount).transpose());
        let details = form.take("details", self.details.map(free).transpose());
        let mut bounds = Vec::new();
        for (bound, given) in [(Bound::Threshold, self.threshold), (Bound::Limit, self.limit)] {
            let Some(given) = given else { continue };
            let set = form.take(bound.word(), given.map(|given| value(bound, given)).transpose());
            bounds.push((bound, set.flatten()));
        }
        form.done().map(|()| Replacement { total, details, bounds })
    }
}

/// Change a manual estimate, or set the threshold and the limit of a scope.
///
/// A threshold and a limit hold for every month of the scope; they are shown with its estimates, and nothing is stopped by them.
#[utoipa::path(put, path = "/api/price-estimates/{uuid}/", tag = "estimates", extensions(("x-may-call" = json!(["owner", "staff"]))), request_body = EstimateReplacement,
    params(("uuid" = Id, Path, description = "The estimate's uuid")), responses(
    (status = OK, description = "Changed.", body = EstimateView),
    (status = BAD_REQUEST, description = "A field is wrong, or nothing can be set for what a project has in a service."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only owners of the customer and staff may."),
    (status = NOT_FOUND, description = "No such estimate, or not yours to see."),
    (status = METHOD_NOT_ALLOWED, description = "`total` or `details` of an automatic estimate.")))]
pub async fn replace(
    State(state): State<AppState>,
    caller: Caller,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<EstimateReplacement>,
) -> Answer<axum::Json<EstimateView>> {
    let row = decided(&state, &caller, uuid).await?;
    let Replacement { total, details, bounds } = body.checked()?;
    if total.is_some() || details.is_some() {
        manual(&row)?;
        update(&state, &caller, uuid, total, details).await?;
    }
    set(&state, &caller, &row, bounds).await?;
    shown(&state, &caller, uuid, &links).await
}

async fn set(
    state: &AppState,
    caller: &Caller,
    row: &EstimateRow,
    bounds: Vec<(Bound, Option<Decimal>)>,
) -> Answer<()> {
    if row.scope_type == ScopeKind::Link && !bounds.is_empty() {
        let text = "A threshold and a limit are set for a resource, a service, a project or a customer.";
        return Err(Problem::field("non_field_errors", text));
    }
    for (bound, set) in bounds {
        let scope = (row.scope_uuid, row.customer_id);
        estimates::set_bound(&state.pool, author(state, caller), scope, bound, set).await?;
    }
    Ok(())
}
