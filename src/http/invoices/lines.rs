//! `/api/invoice-items/`: lines across invoices, as pages; `export` has them as one file.

use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::export;
use super::item::ItemView;
use super::query::{unknown, word};
use crate::db::invoices::{self, LineFilter, LineRow};
use crate::domain::invoice::{InvoiceStatus, ItemKind};
use crate::domain::standing::Standing;
use crate::domain::uuid_hex::hex;
use crate::http::auth::Caller;
use crate::http::extract::Query;
use crate::http::format::{ListFormat, ListFormatParams};
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::paging::{Page, PageParams};
use crate::http::problem::Answer;
use crate::http::query;
use crate::http::state::AppState;
use crate::http::texts::{LINE_STATUSES, LineStatusText};

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
    /// Only those of this kind.
    #[param(value_type = Option<ItemKind>)]
    kind: Option<String>,
    /// Of invoices that are `draft`, `committed` or `void`.
    #[param(value_type = Option<LineStatusText>)]
    status: Option<String>,
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
    /// `draft`, `committed` (only these are charged) or `void`.
    invoice_status: String,
    /// Where the invoice stands.
    invoice_standing: Standing,
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
        return export::file(&state, filter).await;
    }
    let listing = page.of(invoices::count_lines(&state.pool, &filter).await?)?;
    let rows = invoices::page_of_lines(&state.pool, &filter, listing.window()).await?;
    let routing = state.book.routing(&state.pool).await?;
    let view = |row: LineRow| {
        let invoice = links.object("invoices", row.invoice_uuid);
        LineView {
            item: ItemView::new(&routing, row.item, &invoice),
            invoice,
            invoice_uuid: hex(row.invoice_uuid),
            invoice_number: row.invoice_number,
            invoice_date: row.invoice_date,
            invoice_status: row.invoice_status.word().to_lowercase(),
            invoice_standing: row.invoice_standing,
            customer_uuid: hex(row.customer_uuid),
            customer_name: row.customer_name,
        }
    };
    Ok(listing.respond(rows.into_iter().map(view)))
}

/// Kill Bill writes them in capitals, we in small letters.
fn in_any_case(text: &str) -> Answer<InvoiceStatus> {
    let small = text.to_lowercase();
    let status = small.to_ascii_uppercase().parse();
    status.map_err(|_| unknown("status", &small, &LINE_STATUSES))
}

impl LineQuery {
    fn filter(self, caller: &Caller) -> Answer<LineFilter> {
        let kind = self.kind.as_deref().map(|kind| word("kind", kind)).transpose()?;
        let status = self.status.as_deref().map(in_any_case).transpose()?;
        query::check_date(self.year, self.month)?;
        let uuid = |id: Option<Id>| id.map(|Id(uuid)| uuid);
        Ok(LineFilter {
            visible: caller.visible_customers().map(<[Uuid]>::to_vec),
            customer: uuid(self.customer),
            invoice: uuid(self.invoice),
            resource: uuid(self.resource),
            project: uuid(self.project),
            kind,
            status,
            meter: self.meter,
            currency: self.currency,
            year: self.year,
            month: self.month,
            start: self.start,
            end: self.end,
        })
    }
}
