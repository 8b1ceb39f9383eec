//! The annual report as a document. It is not kept: it says what is so when it is asked for. What the client has already,
//! and what only its size is asked of, is not printed.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use sha2::{Digest, Sha256};

use crate::documents::Covered;
use crate::domain::report::{Invoiced, Section, sections};
use crate::http::problem::{Answer, Problem};
use crate::http::representation::is_known;
use crate::http::state::AppState;

/// Customers' months that are printed in one document: two hundred pages, which take half a gigabyte and some seconds to lay
/// out (measured). CSV and JSON have no such bound.
const MOST: usize = 5_000;

/// How the client asked.
pub(super) struct Asked {
    pub method: Method,
    pub headers: HeaderMap,
    /// To be saved, not to be shown.
    pub download: bool,
}

/// The document, or 304 when the client has it.
///
/// # Errors
/// 400 when it would be too long to be printed.
pub(super) async fn document(
    state: &AppState,
    asked: Asked,
    invoiced: &[Invoiced],
    covered: Covered,
) -> Answer<Response> {
    if invoiced.len() > MOST {
        let text = format!(
            "{} months of customers are too many for a document; ask for one year, one customer, or ?format=csv.",
            invoiced.len()
        );
        return Err(Problem::field("year", text));
    }
    let sections = sections(invoiced);
    let tag = tag(state, &sections, covered);
    let common = [(header::ETAG, tag.clone())];
    if is_known(&asked.headers, &tag, None) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let body = if asked.method == Method::HEAD {
        Body::from_stream(stream::empty::<Result<Vec<u8>, std::io::Error>>())
    } else {
        Body::from(state.documents.report(&sections, covered).await?)
    };
    let way = if asked.download { "attachment" } else { "inline" };
    let name = format!("{way}; filename=\"cost_report_by_{}.pdf\"", covered.grouped);
    let own = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((common, own, body).into_response())
}

/// Stands for all that is printed: the figures, the day, and who reports.
fn tag(state: &AppState, sections: &[Section], covered: Covered) -> String {
    let (today, issuer) = (state.clock.now().date_naive(), &state.documents.issuer);
    let printed = format!(
        "{sections:?} {covered:?} {today} {issuer:?} {}",
        env!("CARGO_PKG_VERSION")
    );
    format!("\"{}\"", &hex::encode(Sha256::digest(printed))[..32])
}
