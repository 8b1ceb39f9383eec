//! `/api/invoices/`: the mirror of Kill Bill's invoices as NodeConductor's own invoices were since 2016. `killbill` has the
//! same in the shape of 2015 at `/api/killbill-invoices/`; what is below an invoice and no line of it is shared by both.

mod evidence;
mod export;
mod item;
mod items;
mod killbill;
mod lines;
mod notify;
mod openstack;
mod parties;
mod query;
mod view;

use std::collections::HashMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Path, Query};
use super::ids::Id;
use super::links::Links;
use super::paging::{Listing, Page, PageParams};
use super::problem::{Answer, Problem};
use super::representation::{self, last_modified};
use super::state::AppState;
use crate::db::invoices::{self, InvoiceFilter, InvoiceRow, ItemRow, Order};
use item::ItemView;
use openstack::OpenStackItemView;
use query::{InvoiceQuery, OrderParams, StateParams};
use view::{InvoiceView, Lines};

pub use evidence::*;
pub use items::*;
pub use killbill::*;
pub use lines::*;
pub use notify::*;

/// Lists show the lines of their invoices up to so many; with more, a page would be of any size.
const MOST_LINES: i64 = 10_000;

/// List invoices.
///
/// With their lines, newest first unless `o` says otherwise. `/api/killbill-invoices/` lists the same, oldest first, in the shape of 2015.
#[utoipa::path(get, path = "/api/invoices/", tag = "invoices", params(PageParams, InvoiceQuery, StateParams, OrderParams), responses(
    (status = OK, description = "One page; the total stands in X-Result-Count.", body = [InvoiceView]),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<InvoiceQuery>,
    (states, orders): (StateParams, OrderParams),
    RawQuery(raw): RawQuery,
    page: Page,
    links: Links,
) -> Answer<Response> {
    let filter = query.filter(&caller, states, orders.or(Order::NEWEST_FIRST));
    let Listed { listing, rows, changed } = listed(&state, filter, &page).await?;
    let wanted = representation::wants(raw.as_deref().unwrap_or_default(), "items");
    let mut lines = if wanted {
        lines_of(&state, &rows, &links).await?
    } else {
        None
    };
    let issuers = state.documents.issuers().await?;
    let views = rows.into_iter().map(|row| {
        let own = Lines {
            items: lines.as_mut().map(|lines| lines.remove(&row.id).unwrap_or_default()),
            openstack_items: Vec::new(),
        };
        InvoiceView::new(row, own, &issuers, state.documents.payment_days, &links)
    });
    Ok(dated(listing.respond(views), &state, &caller, changed))
}

/// Show an invoice with its lines.
#[utoipa::path(get, path = "/api/invoices/{uuid}/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid")), responses(
    (status = OK, description = "The invoice.", body = InvoiceView),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "No such invoice, or not yours to see.")))]
pub async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Path(Id(uuid)): Path<Id>,
    RawQuery(raw): RawQuery,
    links: Links,
) -> Answer<(HeaderMap, Json<InvoiceView>)> {
    let row = visible(&state, &caller, uuid).await?;
    let headers = last_modified(row.modified_at(), state.clock.now());
    let raw = raw.unwrap_or_default();
    let lines = if ["items", "openstack_items"]
        .iter()
        .any(|key| representation::wants(&raw, key))
    {
        own_lines(&state, &row, &links).await?
    } else {
        Lines::default()
    };
    let issuers = state.documents.issuers().await?;
    let view = InvoiceView::new(row, lines, &issuers, state.documents.payment_days, &links);
    Ok((headers, Json(view)))
}

/// An invoice's lines, twice.
async fn own_lines(state: &AppState, row: &InvoiceRow, links: &Links) -> Answer<Lines> {
    let routing = state.book.routing(&state.pool).await?;
    let items = invoices::items_of(&state.pool, &[row.id]).await?;
    let url = links.object("invoices", row.uuid);
    let older = items.iter().map(|item| OpenStackItemView::new(&routing, item));
    Ok(Lines {
        openstack_items: older.collect(),
        items: Some(
            items
                .into_iter()
                .map(|item| ItemView::new(&routing, item, &url))
                .collect(),
        ),
    })
}

/// The invoice, if the caller may see it; whoever may not learns nothing of its existence.
pub(super) async fn visible(state: &AppState, caller: &Caller, uuid: Uuid) -> Answer<InvoiceRow> {
    let found = invoices::by_uuid(&state.pool, uuid, caller.visible_customers()).await?;
    found.ok_or_else(Problem::not_found)
}

/// A page of a list.
struct Listed {
    listing: Listing,
    rows: Vec<InvoiceRow>,
    /// When anything about any invoice last changed.
    changed: Option<DateTime<Utc>>,
}

async fn listed(state: &AppState, filter: Answer<InvoiceFilter>, page: &Page) -> Answer<Listed> {
    let mut filter = filter?;
    // Before the rows: what changes while they are read is new to whoever asks again.
    let changed = invoices::last_change(&state.pool).await?;
    let listing = page.of(invoices::count(&state.pool, &filter).await?)?;
    (filter.limit, filter.offset) = (listing.window().limit, listing.window().offset);
    let rows = invoices::list(&state.pool, &filter).await?;
    Ok(Listed { listing, rows, changed })
}

/// A list that a customer joins or leaves changes without any invoice of it changing: only who sees all gets a date.
fn dated(mut response: Response, state: &AppState, caller: &Caller, changed: Option<DateTime<Utc>>) -> Response {
    if let Some(changed) = changed.filter(|_| caller.may_read_all()) {
        response.headers_mut().extend(last_modified(changed, state.clock.now()));
    }
    response
}

/// The lines of all invoices of a page; `None` when they are too many for one answer.
async fn lines_of(state: &AppState, rows: &[InvoiceRow], links: &Links) -> Answer<Option<HashMap<i64, Vec<ItemView>>>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    if invoices::count_items(&state.pool, &ids).await? > MOST_LINES {
        return Ok(None);
    }
    let routing = state.book.routing(&state.pool).await?;
    let mut items: HashMap<i64, Vec<ItemRow>> = HashMap::new();
    for item in invoices::items_of(&state.pool, &ids).await? {
        items.entry(item.invoice_id).or_default().push(item);
    }
    let lines = rows.iter().map(|row| {
        let url = links.object("invoices", row.uuid);
        let own = items.remove(&row.id).unwrap_or_default().into_iter();
        (row.id, own.map(|item| ItemView::new(&routing, item, &url)).collect())
    });
    Ok(Some(lines.collect()))
}
