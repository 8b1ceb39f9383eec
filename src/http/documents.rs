//! `/api/invoices/{uuid}/pdf/` and `/usage_pdf/`: the documents of an invoice, in all their versions.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::auth::Caller;
use super::extract::{Path, Query};
use super::ids::Id;
use super::problem::{Answer, Problem};
use super::representation::{http_date, is_known};
use super::state::AppState;
use crate::db;
use crate::documents::{DocumentError, DocumentKind, StoredPdf, file_name};
use crate::domain::uuid_hex::hex;

/// Says which version was sent.
const VERSION: HeaderName = HeaderName::from_static("x-document-version");

/// How a document is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DocumentQuery {
    /// Anything: as an attachment, to be saved under its own name.
    download: Option<String>,
    /// An earlier version, counted from 1. Without it: the document of the invoice as it is now.
    version: Option<i32>,
}

/// The invoice as a PDF.
///
/// Made once for each state of the invoice: a rename or a changed configuration changes nothing, a changed invoice gets a
/// new version, and `X-Document-Version` tells which one was sent.
#[utoipa::path(get, path = "/api/invoices/{uuid}/pdf/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid"), DocumentQuery),
    responses(
        (status = OK, description = "The document.", content_type = "application/pdf", body = Vec<u8>),
        (status = NOT_MODIFIED, description = "The client has it already."),
        (status = BAD_REQUEST, description = "It has more lines than a document; the answer says where they are had as a file."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "No such invoice or version, or not the caller's.")))]
pub async fn invoice(
    caller: Caller,
    State(state): State<AppState>,
    Path(Id(uuid)): Path<Id>,
    Query(query): Query<DocumentQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    respond(&state, &caller, uuid, DocumentKind::Invoice, &query, &headers).await
}

/// The invoice's usage, day by day, as a PDF.
///
/// Versions as for the invoice itself.
#[utoipa::path(get, path = "/api/invoices/{uuid}/usage_pdf/", tag = "invoices",
    params(("uuid" = Id, Path, description = "The invoice's uuid"), DocumentQuery),
    responses(
        (status = OK, description = "The document.", content_type = "application/pdf", body = Vec<u8>),
        (status = NOT_MODIFIED, description = "The client has it already."),
        (status = BAD_REQUEST, description = "It has more lines than a document; the answer says where they are had as a file."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = NOT_FOUND, description = "No such invoice or version, or not the caller's.")))]
pub async fn usage(
    caller: Caller,
    State(state): State<AppState>,
    Path(Id(uuid)): Path<Id>,
    Query(query): Query<DocumentQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    respond(&state, &caller, uuid, DocumentKind::Usage, &query, &headers).await
}

async fn respond(
    state: &AppState,
    caller: &Caller,
    uuid: Uuid,
    kind: DocumentKind,
    query: &DocumentQuery,
    headers: &HeaderMap,
) -> Answer<Response> {
    let invoice = db::invoices::by_uuid(&state.pool, uuid, caller.visible_customers()).await?;
    let invoice = invoice.ok_or_else(Problem::not_found)?;
    let stored = match query.version {
        Some(version) => db::documents::version(&state.pool, invoice.id, kind, version)
            .await?
            .ok_or_else(|| no_document(kind))?,
        None => state.documents.pdf(&invoice, kind).await?,
    };
    let tag = format!("\"{}-{}-{}\"", uuid.simple(), kind.word(), stored.version);
    let common = [
        (header::ETAG, tag.clone()),
        (header::LAST_MODIFIED, http_date(stored.created_at)),
        (VERSION, stored.version.to_string()),
    ];
    if is_known(headers, &tag, Some(stored.created_at)) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let way = if query.download.is_some() {
        "attachment"
    } else {
        "inline"
    };
    let disposition = format!("{way}; filename=\"{}\"", file_name(&invoice, kind));
    let own = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    let StoredPdf { pdf, .. } = stored;
    Ok((common, own, pdf).into_response())
}

/// In NodeConductor's words; a present version is always there, it is made when it is asked for.
fn no_document(kind: DocumentKind) -> Problem {
    let what = match kind {
        DocumentKind::Invoice => "PDF",
        DocumentKind::Usage => "usage PDF",
    };
    let detail = format!("There's no {what} for this invoice");
    Problem::new(StatusCode::NOT_FOUND, "no_document", detail)
}

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Database(error) => error.into(),
            DocumentError::TooLong { invoice, .. } => {
                let file = format!("/api/invoice-items/?invoice={}&format=csv", hex(invoice));
                Self::bad_request("too_long", format!("Not printed: {error}. They are a file at {file}"))
            }
            DocumentError::Changing => Self::unavailable("The invoice is changing; try again."),
            DocumentError::Render(error) => {
                tracing::error!(%error, "a document could not be rendered");
                Self::internal()
            }
        }
    }
}
