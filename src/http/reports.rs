//! `annual_report/`: what was invoiced, by customer or by month, as PDF, JSON or CSV. Everybody gets what he may see.

mod csv;
mod pdf;
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::Caller;
use super::extract::Query;
use super::format::{ReportFormat, ReportFormatParams};
use super::ids::Id;
use super::problem::{Answer, Problem};
use super::query;
use super::state::AppState;
use crate::db::reports::{self, ReportFilter};
use crate::documents::Covered;
use crate::domain::report::{GroupBy, sections};
use pdf::Asked;
use view::ReportView;

/// What the report covers and how it is laid out.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// `customer` unless it is given.
    #[param(value_type = Option<GroupBy>)]
    group_by: Option<String>,
    /// Invoices of this year only, by invoice date. Without it: of all years.
    #[param(minimum = 1, maximum = 9999)]
    year: Option<i32>,
    /// Invoices of this customer only: uuid or URL.
    customer: Option<Id>,
    /// Anything: as an attachment, to be saved under its own name.
    download: Option<String>,
}

/// The annual cost report.
///
/// One section for each currency, customers told apart by uuid, the newest year first. Only invoices that the caller may
/// see are in it.
#[utoipa::path(get, path = "/api/invoices/annual_report/", tag = "invoices", params(ReportQuery, ReportFormatParams), responses(
    (status = OK, description = "The report.",
        content((Vec<u8> = "application/pdf"), (ReportView = "application/json"), (String = "text/csv"))),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token.")))]
pub async fn annual(
    State(state): State<AppState>,
    caller: Caller,
    format: ReportFormat,
    Query(query): Query<ReportQuery>,
    (method, headers): (Method, HeaderMap),
) -> Answer<Response> {
    let covered = query.covered()?;
    let filter = ReportFilter {
        visible: caller.visible_customers().map(<[Uuid]>::to_vec),
        customer: query.customer.map(|Id(customer)| customer),
        year: query.year,
    };
    let invoiced = reports::invoiced(&state.pool, &filter).await?;
    match format {
        ReportFormat::Csv => Ok(csv::file(&state, &invoiced, covered.grouped)),
        ReportFormat::Json => Ok(Json(ReportView::new(&sections(&invoiced), covered)).into_response()),
        ReportFormat::Pdf => {
            let download = query.download.is_some();
            let asked = Asked {
                method,
                headers,
                download,
            };
            pdf::document(&state, asked, &invoiced, covered).await
        }
    }
}

/// The annual cost report, at its oldest address.
#[utoipa::path(get, path = "/api/customers/annual_report/", tag = "invoices", params(ReportQuery, ReportFormatParams), responses(
    (status = OK, description = "The report.",
        content((Vec<u8> = "application/pdf"), (ReportView = "application/json"), (String = "text/csv"))),
    (status = BAD_REQUEST, description = "A filter's value is wrong; it is named."),
    (status = UNAUTHORIZED, description = "No valid token.")))]
pub async fn annual_of_customers(
    state: State<AppState>,
    caller: Caller,
    format: ReportFormat,
    query: Query<ReportQuery>,
    asked: (Method, HeaderMap),
) -> Answer<Response> {
    annual(state, caller, format, query, asked).await
}

impl ReportQuery {
    fn covered(&self) -> Answer<Covered> {
        let grouped = self.group_by.as_deref().map_or(Ok(GroupBy::default()), str::parse);
        let grouped = grouped.map_err(|_| {
            let text = "group_by parameter can be only `month` or `customer`";
            // Old clients know the capital one.
            let body = json!({"detail": text, "Detail": text, "code": "invalid"});
            Problem::with_body(StatusCode::BAD_REQUEST, body)
        })?;
        query::check_date(self.year, None)?;
        Ok(Covered {
            grouped,
            year: self.year,
        })
    }
}
