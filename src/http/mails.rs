//! `/api/mails/`: the letters with which invoices go out, for operators.

mod bounces;
mod view;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::{MayReadAll, Staff};
use super::extract::{Path, Query};
use super::form::Form;
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::mails::{self, MailFilter, RetryError};
use crate::domain::job::Job;
use crate::domain::mail::MailState;
use crate::mail::MailError;
use view::MailView;

pub use bounces::{__path_bounces, bounces};

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MailQuery {
    /// Only those in this state.
    #[param(value_type = Option<MailState>)]
    state: Option<String>,
    /// To this customer: uuid or address.
    customer: Option<Id>,
    /// With this invoice: uuid or address.
    invoice: Option<Id>,
}

/// The letters, newest first.
#[utoipa::path(get, path = "/api/mails/", tag = "mails", params(PageParams, MailQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [MailView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Query(query): Query<MailQuery>,
    page: Page,
) -> Answer<Response> {
    let filter = query.filter()?;
    let listing = page.of(mails::count(&state.pool, &filter).await?)?;
    let rows = mails::list(&state.pool, &filter, listing.window()).await?;
    Ok(listing.respond(rows.into_iter().map(|row| MailView::new(&links, row))))
}

/// One letter.
#[utoipa::path(get, path = "/api/mails/{uuid}/", tag = "mails", params(("uuid" = Id, Path, description = "The letter's uuid")), responses(
    (status = OK, description = "The letter.", body = MailView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look."),
    (status = NOT_FOUND, description = "No such letter.")))]
pub async fn show(
    _: MayReadAll,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<MailView>> {
    shown(&state, &links, uuid).await
}

/// Let a letter go again that was refused, came back, or may have arrived.
///
/// To the address that its customer has now, with the invoice's document as it is now, under its old Message-ID.
#[utoipa::path(post, path = "/api/mails/{uuid}/retry/", tag = "mails", extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The letter's uuid")), responses(
    (status = OK, description = "It goes with the next pass of the job `mail`, which begins now.", body = MailView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff may do this."),
    (status = NOT_FOUND, description = "No such letter."),
    (status = CONFLICT, description = "It was sent, or goes by itself.")))]
pub async fn retry(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
) -> Answer<axum::Json<MailView>> {
    mails::retry(&state.pool, uuid, &caller.name, state.clock.now()).await?;
    state.request(Job::Mail).await?;
    shown(&state, &links, uuid).await
}

async fn shown(state: &AppState, links: &Links, uuid: Uuid) -> Answer<axum::Json<MailView>> {
    let found = mails::find(&state.pool, uuid).await?.ok_or_else(Problem::not_found)?;
    Ok(axum::Json(MailView::new(links, found)))
}

impl MailQuery {
    fn filter(self) -> Result<MailFilter, Problem> {
        let mut form = Form::default();
        let state = form.word("state", self.state.as_deref());
        form.done()?;
        Ok(MailFilter {
            state,
            customer: self.customer.map(|Id(customer)| customer),
            invoice: self.invoice.map(|Id(invoice)| invoice),
        })
    }
}

impl From<MailError> for Problem {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Database(error) => error.into(),
            MailError::Document(error) => error.into(),
        }
    }
}

impl From<RetryError> for Problem {
    fn from(error: RetryError) -> Self {
        match error {
            RetryError::Absent => Self::not_found(),
            RetryError::NotStuck(state) => Self::conflict(
                "not_stuck",
                format!(
                    "Only a letter that was refused, came back or may have arrived goes again by hand; this one is {state}."
                ),
            ),
            RetryError::Database(error) => error.into(),
        }
    }
}
