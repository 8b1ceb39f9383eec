//! `/api/holds/release/`: hours that are held for their distance from the clocks, and that a person lets go all the same.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::reach::{self, NewRelease, Release, ReleaseError};
use crate::db::window::Window;
use crate::domain::job::Job;
use crate::domain::text;
use crate::http::auth::{MayReadAll, Staff};
use crate::http::extract::Json;
use crate::http::form::Form;
use crate::http::ids::Id;
use crate::http::instants::HourText;
use crate::http::links::Links;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// Which hours may go, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBody {
    /// The resource's uuid or address.
    #[schema(example = "6e08f48681834ba5aadd426a0abe9282")]
    resource: Id,
    /// Only this meter; left out: all of the resource.
    #[schema(pattern = r"^[^\x00]*$", example = "cpu")]
    meter: Option<String>,
    /// The first hour.
    #[schema(value_type = HourText)]
    from: String,
    /// The first hour after them.
    #[schema(value_type = HourText)]
    until: String,
    /// Stays with them.
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "found in an old collector, agreed with the customer"
    )]
    reason: String,
}

/// Hours that were let go.
#[derive(Serialize, ToSchema)]
pub struct ReleaseView {
    #[schema(value_type = String)]
    uuid: Id,
    resource: String,
    #[schema(value_type = String)]
    resource_uuid: Id,
    resource_name: String,
    /// None for all meters of the resource.
    meter: Option<String>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// How many records it let go at once. Later corrections of these hours are not held for their distance either.
    record_count: i64,
    reason: String,
    released_by: String,
    released_at: DateTime<Utc>,
}

/// Let hours go that are held as `ahead` or `too-old`.
///
/// They are treated like any other hour from now on: they may begin a subscription, and what Kill Bill does not bill any more
/// becomes a charge. The next pass looks at them, which this asks for.
#[utoipa::path(post, path = "/api/holds/release/", tag = "usage",
    extensions(("x-may-call" = json!(["staff"]))), request_body = ReleaseBody, responses(
    (status = CREATED, description = "They may go.", body = ReleaseView),
    (status = BAD_REQUEST, description = "A field is wrong, or the resource or meter is not known; the body names it."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff may do this."),
    (status = CONFLICT, description = "None of these hours is held for its distance from the clocks.")))]
pub async fn release(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Json(body): Json<ReleaseBody>,
) -> Answer<(StatusCode, axum::Json<ReleaseView>)> {
    let new = body.release(caller.name.clone())?;
    let released = reach::release(&state.pool, &new, state.clock.now()).await?;
    state.request(Job::Deliver).await?;
    Ok((StatusCode::CREATED, axum::Json(ReleaseView::new(released, &links))))
}

/// What was let go, the latest first.
#[utoipa::path(get, path = "/api/holds/releases/", tag = "usage", params(PageParams), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [ReleaseView]),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn releases(_: MayReadAll, State(state): State<AppState>, links: Links, page: Page) -> Answer<Response> {
    let (_, total) = reach::releases(&state.pool, Window::NOTHING).await?;
    let listing = page.of(total)?;
    let (rows, _) = reach::releases(&state.pool, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|row| ReleaseView::new(row, &links))))
}

impl ReleaseBody {
    fn release(self, by: String) -> Answer<NewRelease> {
        let mut form = Form::default();
        let from = form.hour("from", &self.from);
        let until = form.hour("until", &self.until);
        form.without_nul("meter", self.meter.as_deref());
        form.ordered(from, until);
        let new = NewRelease {
            resource: self.resource.0,
            meter: self.meter,
            hours: (from.unwrap_or_default(), until.unwrap_or_default()),
            reason: form.take("reason", text::name(&self.reason, 255)),
            by,
        };
        form.done().map(|()| new)
    }
}

impl ReleaseView {
    fn new(row: Release, links: &Links) -> Self {
        Self {
            uuid: Id(row.uuid),
            resource: links.object("resources", row.resource_uuid),
            resource_uuid: Id(row.resource_uuid),
            resource_name: row.resource_name,
            meter: row.meter,
            from: row.starts,
            until: row.ends,
            record_count: row.records,
            reason: row.reason,
            released_by: row.released_by,
            released_at: row.released_at,
        }
    }
}

impl From<ReleaseError> for Problem {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::UnknownResource => Self::field("resource", "There is no such resource."),
            ReleaseError::UnknownMeter => Self::field("meter", "There is no such meter."),
            ReleaseError::NothingHeld => Self::conflict(
                "nothing_held",
                "None of these hours is held as ahead or too-old; /api/usage-records/?held=ahead lists what is.",
            ),
            ReleaseError::Database(error) => error.into(),
        }
    }
}
