//! `/api/holds/`: every reason for which records wait here, with a sentence, the way out, and what it holds just now.

mod release;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::{MayReadAll, Staff};
use super::extract::Query;
use super::ids::Id;
use super::links::Links;
use super::problem::Answer;
use super::state::AppState;
use crate::db::holds::{self, Held};
use crate::db::{obstacles, outbox};
use crate::domain::hold::HoldCode;
use crate::domain::job::Job;
use crate::domain::money::in_minor_units;
pub use release::*;

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HoldQuery {
    /// Only what is held of this customer: uuid or address.
    customer: Option<Id>,
}

/// A reason for which records wait.
#[derive(Serialize, ToSchema)]
pub struct HoldView {
    /// The code that stands as `held` with a record.
    held: HoldCode,
    held_detail: &'static str,
    /// What to do; when it is done, the records go out by themselves.
    held_remedy: &'static str,
    /// How many records wait for it now.
    record_count: i64,
    resource_count: i64,
    /// First instant of the earliest hour.
    first_hour: Option<DateTime<Utc>>,
    last_hour: Option<DateTime<Utc>>,
    /// Seconds since the oldest of them was recorded.
    age: Option<i64>,
    /// What they are worth at today's list price, where there is one.
    worth: Vec<WorthView>,
    /// The records themselves.
    records: String,
}

/// An amount in one currency.
#[derive(Serialize, ToSchema)]
pub struct WorthView {
    amount: String,
    currency: String,
}

/// All reasons, those that hold most first.
#[utoipa::path(get, path = "/api/holds/", tag = "usage", params(HoldQuery), responses(
    (status = OK, description = "Every reason there is, also those that hold nothing now.", body = [HoldView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look.")))]
pub async fn list(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Query(query): Query<HoldQuery>,
) -> Answer<axum::Json<Vec<HoldView>>> {
    let held = holds::held(&state.pool, query.customer.map(|Id(customer)| customer)).await?;
    let now = state.clock.now();
    let idle = HoldCode::ALL
        .iter()
        .filter(|code| !held.iter().any(|one| one.code == **code));
    let mut views: Vec<HoldView> = held
        .iter()
        .map(|one| HoldView::new(one.code, Some(one), &links, now))
        .collect();
    views.extend(idle.map(|code| HoldView::new(*code, None, &links, now)));
    Ok(axum::Json(views))
}

/// Look at all held hours again now.
///
/// They are looked at by themselves from time to time, and when the price list changes; this asks for it at once, and
/// for a delivery pass.
#[utoipa::path(post, path = "/api/holds/examine/", tag = "usage",
    extensions(("x-may-call" = json!(["staff"]))), responses(
    (status = ACCEPTED, description = "The next pass looks at them."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff may do this.")))]
pub async fn examine(_: Staff, State(state): State<AppState>) -> Answer<axum::http::StatusCode> {
    outbox::examine_soon(&state.pool, None, state.clock.now()).await?;
    obstacles::look_soon(&state.pool, None, state.clock.now()).await?;
    state.request(Job::Deliver).await?;
    Ok(axum::http::StatusCode::ACCEPTED)
}

impl HoldView {
    fn new(code: HoldCode, held: Option<&Held>, links: &Links, now: DateTime<Utc>) -> Self {
        let worth = held.into_iter().flat_map(|held| &held.worth);
        Self {
            held: code,
            held_detail: code.sentence(),
            held_remedy: code.remedy(),
            record_count: held.map_or(0, |held| held.records),
            resource_count: held.map_or(0, |held| held.resources),
            first_hour: held.and_then(|held| held.hours).map(|(first, _)| first),
            last_hour: held.and_then(|held| held.hours).map(|(_, last)| last),
            age: held
                .and_then(|held| held.since)
                .map(|since| (now - since).num_seconds().max(0)),
            worth: worth
                .map(|(currency, amount)| WorthView {
                    amount: in_minor_units(*amount, currency),
                    currency: currency.clone(),
                })
                .collect(),
            records: links.to(&format!("/api/usage-records/?state=held&held={code}")),
        }
    }
}
