//! A person accepts what does not add up as it is, or takes that back.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::DiscrepancyView;
use crate::db::discrepancies::{self, AcceptError, Acceptance};
use crate::http::auth::Staff;
use crate::http::extract::{Json, Path};
use crate::http::form::Form;
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// Why it is right as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptBody {
    /// Stays with the discrepancy.
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00]*[^\s\x00\x85][^\x00]*$",
        example = "Credited by hand on invoice 1042."
    )]
    reason: String,
}

/// Accept a discrepancy as it is, for a reason.
///
/// No money moves. It is `accepted` as long as it is found with the same amount, counts as open no more, and is open again
/// when it is worth something else.
#[utoipa::path(post, path = "/api/discrepancies/{uuid}/accept/", tag = "invoices",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The discrepancy's uuid")), request_body = AcceptBody,
    responses(
        (status = OK, description = "Accepted.", body = DiscrepancyView),
        (status = BAD_REQUEST, description = "The reason is missing or too long."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such discrepancy."),
        (status = CONFLICT, description = "It is not open.")))]
pub async fn accept(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    Json(body): Json<AcceptBody>,
) -> Answer<axum::Json<DiscrepancyView>> {
    let mut form = Form::default();
    let reason = form.reason(&body.reason);
    form.done()?;
    let acceptance = Acceptance {
        who: &caller.name,
        reason,
    };
    discrepancies::accept(&state.pool, uuid, acceptance, state.clock.now()).await?;
    one(&state, &links, uuid).await
}

/// Open an accepted discrepancy again.
#[utoipa::path(post, path = "/api/discrepancies/{uuid}/reopen/", tag = "invoices",
    extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The discrepancy's uuid")),
    responses(
        (status = OK, description = "Open again.", body = DiscrepancyView),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "Only staff may do this."),
        (status = NOT_FOUND, description = "No such discrepancy."),
        (status = CONFLICT, description = "It is not accepted.")))]
pub async fn reopen(
    _: Staff,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<DiscrepancyView>> {
    discrepancies::reopen(&state.pool, uuid).await?;
    one(&state, &links, uuid).await
}

pub(super) async fn one(state: &AppState, links: &Links, uuid: Uuid) -> Answer<axum::Json<DiscrepancyView>> {
    let row = discrepancies::find(&state.pool, uuid)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(axum::Json(DiscrepancyView::new(row, links, state.clock.now())))
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Unknown => Self::not_found(),
            AcceptError::Not(state) => Self::conflict(state.word(), format!("It is {state}.")),
            AcceptError::Database(error) => error.into(),
        }
    }
}
