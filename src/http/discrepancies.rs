//! `/api/discrepancies/`: everything that does not add up, open ones first, with its records and what to do about it.

pub mod accept;
mod view;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::MayReadAll;
use super::extract::{Path, Query};
use super::ids::Id;
use super::links::Links;
use super::paging::{Page, PageParams};
use super::problem::{Answer, Problem};
use super::state::AppState;
use super::texts::KindsText;
use crate::db::discrepancies::{self, DiscrepancyFilter, DiscrepancyOrder};
use crate::domain::reconcile::{DiscrepancyKind, DiscrepancyState};
use crate::domain::words::UnknownWord;
use view::DiscrepancyView;

/// Filters and order of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DiscrepancyQuery {
    /// Only those in this state.
    #[param(value_type = Option<DiscrepancyState>)]
    state: Option<String>,
    /// One or more kinds, with commas between them, such as `quantity,sum`.
    #[param(value_type = Option<KindsText>)]
    kind: Option<String>,
    /// `true` for notices alone: what is in order as it is and ends by itself, or was wanted so. They are listed only when
    /// they are asked for, so or by their kind.
    notice: Option<bool>,
    /// Of this customer: uuid or address.
    customer: Option<Id>,
    /// Of this resource: uuid or address.
    resource: Option<Id>,
    /// Of this invoice: uuid or address.
    invoice: Option<Id>,
    /// Of this delivery: uuid or address.
    delivery: Option<Id>,
    /// `-opened` (the latest first) unless it is given; `-amount`: the largest first, whatever its sign. Open ones always come
    /// first, closed ones last.
    #[param(value_type = Option<DiscrepancyOrder>)]
    o: Option<String>,
}

/// List discrepancies, open ones first.
#[utoipa::path(get, path = "/api/discrepancies/", tag = "invoices", params(PageParams, DiscrepancyQuery), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [DiscrepancyView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    State(state): State<AppState>,
    _: MayReadAll,
    Query(query): Query<DiscrepancyQuery>,
    page: Page,
    links: Links,
) -> Answer<Response> {
    let (filter, order) = (query.filter()?, query.order()?);
    let listing = page.of(discrepancies::count(&state.pool, &filter).await?)?;
    let rows = discrepancies::list(&state.pool, &filter, order, listing.window()).await?;
    let now = state.clock.now();
    Ok(listing.respond(rows.into_iter().map(|row| DiscrepancyView::new(row, &links, now))))
}

/// One discrepancy.
#[utoipa::path(get, path = "/api/discrepancies/{uuid}/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The discrepancy's uuid")), responses(
    (status = OK, description = "The discrepancy.", body = DiscrepancyView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff and support may look."),
    (status = NOT_FOUND, description = "No such discrepancy.")))]
pub async fn show(
    _: MayReadAll,
    State(state): State<AppState>,
    Path(Id(uuid)): Path<Id>,
    links: Links,
) -> Answer<axum::Json<DiscrepancyView>> {
    accept::one(&state, &links, uuid).await
}

impl DiscrepancyQuery {
    fn filter(&self) -> Answer<DiscrepancyFilter> {
        let uuid = |id: Option<Id>| -> Option<Uuid> { id.map(|Id(uuid)| uuid) };
        Ok(DiscrepancyFilter {
            state: self.state.as_deref().map(state).transpose()?,
            kinds: self.kind.as_deref().map(kinds).transpose()?,
            notices: self.notice.or_else(|| self.kind.is_none().then_some(false)),
            customer: uuid(self.customer),
            resource: uuid(self.resource),
            invoice: uuid(self.invoice),
            delivery: uuid(self.delivery),
        })
    }

    fn order(&self) -> Answer<DiscrepancyOrder> {
        let order = self.o.as_deref().map_or(Ok(DiscrepancyOrder::default()), str::parse);
        order.map_err(|UnknownWord { word, .. }| {
            let text = format!("\"{word}\" is no ordering; opened, -opened, -amount and kind are.");
            Problem::field("o", text)
        })
    }
}

fn state(word: &str) -> Answer<DiscrepancyState> {
    word.parse().map_err(|UnknownWord { word, known, .. }| {
        let text = format!("\"{word}\" is not known; {} are.", known.join(", "));
        Problem::field("state", text)
    })
}

fn kinds(text: &str) -> Answer<Vec<DiscrepancyKind>> {
    text.split(',').map(|kind| named(kind.trim())).collect()
}

fn named(kind: &str) -> Answer<DiscrepancyKind> {
    kind.parse().map_err(|UnknownWord { word, known, .. }| {
        let text = format!("\"{word}\" is no kind of discrepancy; kinds are {}.", known.join(", "));
        Problem::field("kind", text)
    })
}
