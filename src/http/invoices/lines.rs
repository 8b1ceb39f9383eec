//! `/api/invoice-items/`: lines across invoices, as pages or as one CSV file.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::item::{ItemView, label};
use crate::db::invoices::{self, LineFilter, LineKey, LineRow};
use crate::domain::uuid_hex::hex;
use crate::http::auth::Caller;
use crate::http::csv::{self, BATCH, Lines};
use crate::http::extract::Query;
use crate::http::family::Family;
use crate::http::format::{ListFormat, ListFormatParams};
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// Which lines to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LineQuery {
    /// Customer: uuid or URL.
    customer: Option<Id>,
    /// Invoice: uuid or URL.
    invoice: Option<Id>,
    /// Resource: uuid or URL.
    resource: Option<Id>,
    /// Project: uuid or URL.
    project: Option<Id>,
    /// `usage`, `recurring`, `fixed`, `charge`, `credit`, `adjustment`, `tax` or `other`.
    #[param(pattern = "^(usage|recurring|fixed|charge|credit|adjustment|tax|other)$")]
    kind: Option<String>,
    /// Name of a meter.
    meter: Option<String>,
    /// Currency code.
    currency: Option<String>,
    /// Year of the invoice date.
    #[param(minimum = 1, maximum = 9999)]
    year: Option<i32>,
    /// Month of the invoice date: 8 and 08 mean the same.
    #[param(minimum = 1, maximum = 12)]
    month: Option<i32>,
    /// First invoice date: inclusive.
    start: Option<NaiveDate>,
    /// Last invoice date: exclusive.
    end: Option<NaiveDate>,
}

/// A line with the invoice that it stands on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoiceLineView)]
pub struct LineView {
    #[serde(flatten)]
    item: ItemView,
    /// The invoice's address.
    invoice: String,
    invoice_uuid: String,
    invoice_number: Option<String>,
    invoice_date: NaiveDate,
    customer_uuid: String,
    customer_name: String,
}

/// List invoice lines across invoices, or save all of them as CSV.
#[utoipa::path(get, path = "/api/invoice-items/", tag = "invoices", params(PageParams, LineQuery, ListFormatParams), responses(
    (status = OK, description = "One page, the total stands in X-Result-Count; as CSV all lines.",
        content((Vec<LineView> = "application/json"), (String = "text/csv"))),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = NOT_FOUND, description = "There is no such page.")))]
pub async fn lines(
    State(state): State<AppState>,
    caller: Caller,
    format: ListFormat,
    Query(query): Query<LineQuery>,
    page: Page,
    links: Links,
) -> Answer<Response> {
    let filter = query.filter(&caller)?;
    if format == ListFormat::Csv {
        return Ok(file(&state, filter));
    }
    let listing = page.of(invoices::count_lines(&state.pool, &filter).await?)?;
    let rows = invoices::page_of_lines(&state.pool, &filter, listing.window()).await?;
    let routing = state.book.routing(&state.pool).await?;
    let view = |row: LineRow| {
        let invoice = links.object("invoices", row.invoice_uuid);
        LineView {
            item: ItemView::new(label(&routing, &row.item), row.item, Family::Invoices, &invoice),
            invoice,
            invoice_uuid: hex(row.invoice_uuid),
            invoice_number: row.invoice_number,
            invoice_date: row.invoice_date,
            customer_uuid: hex(row.customer_uuid),
            customer_name: row.customer_name,
        }
    };
    Ok(listing.respond(rows.into_iter().map(view)))
}

const KINDS: [&str; 8] = [
    "usage",
    "recurring",
    "fixed",
    "charge",
    "credit",
    "adjustment",
    "tax",
    "other",
];

impl LineQuery {
    fn filter(self, caller: &Caller) -> Answer<LineFilter> {
        if let Some(kind) = self.kind.as_deref().filter(|kind| !KINDS.contains(kind)) {
            let text = format!("\"{kind}\" is not a kind; {} are.", KINDS.join(", "));
            return Err(Problem::field("kind", text));
        }
        if self.month.is_some_and(|month| !(1..=12).contains(&month)) {
            return Err(Problem::field("month", "Month has to be from 1 to 12."));
        }
        if self.year.is_some_and(|year| !(1..=9999).contains(&year)) {
            return Err(Problem::field("year", "Year has to be from 1 to 9999."));
        }
        let uuid = |id: Option<Id>| id.map(|Id(uuid)| uuid);
        Ok(LineFilter {
            visible: caller.visible_customers().map(<[Uuid]>::to_vec),
            customer: uuid(self.customer),
            invoice: uuid(self.invoice),
            resource: uuid(self.resource),
            project: uuid(self.project),
            kind: self.kind,
            meter: self.meter,
            currency: self.currency,
            year: self.year,
            month: self.month,
            start: self.start,
            end: self.end,
        })
    }
}

const HEADER: [&str; 21] = [
    "invoice_uuid",
    "invoice_number",
    "invoice_date",
    "customer_uuid",
    "customer_name",
    "uuid",
    "backend_id",
    "kind",
    "name",
    "description",
    "project",
    "resource_uuid",
    "resource",
    "service",
    "meter",
    "start",
    "end",
    "quantity",
    "rate",
    "amount",
    "currency",
];

/// All lines of the filter as a file, by invoice in the order in which they were first seen.
pub(super) fn file(state: &AppState, filter: LineFilter) -> Response {
    let today = state.clock.now().date_naive();
    csv::file("invoice-items", today, &HEADER, batches(state.pool.clone(), filter))
}

fn batches(pool: PgPool, filter: LineFilter) -> impl Stream<Item = sqlx::Result<Lines>> + Send {
    let begin = Some((pool, filter, None));
    stream::try_unfold(begin, async |place| {
        let Some((pool, filter, after)) = place else {
            return Ok(None);
        };
        let rows = invoices::batch_of_lines(&pool, &filter, after, BATCH).await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        let next = (rows.len() == BATCH).then(|| LineKey::of(last));
        Ok(Some((csv_lines(&rows), next.map(|after| (pool, filter, Some(after))))))
    })
}

fn csv_lines(rows: &[LineRow]) -> Lines {
    let mut lines = Lines::default();
    for row in rows {
        let item = &row.item;
        lines.line(|line| {
            line.plain(hex(row.invoice_uuid));
            line.text(row.invoice_number.as_deref().unwrap_or_default());
            line.plain(row.invoice_date);
            line.plain(hex(row.customer_uuid));
            line.text(&row.customer_name);
            line.plain(hex(item.uuid));
            line.plain(item.killbill_id);
            line.plain(&item.kind);
            line.text(&item.name);
            line.text(&item.description);
            line.text(&item.project_name);
            line.optional(item.resource_uuid.map(hex));
            line.text(&item.resource_name);
            line.text(&item.service_name);
            line.text(item.meter.as_deref().unwrap_or_default());
            line.optional(item.start_date);
            line.optional(item.end_date);
            line.optional(item.billed_quantity().or(item.quantity).map(|value| value.normalize()));
            line.optional(item.unit_rate().map(|rate| rate.normalize()));
            line.plain(item.amount.normalize());
            line.plain(&item.currency);
        });
    }
    lines
}
