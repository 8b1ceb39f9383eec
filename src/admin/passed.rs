//! Documents, passed on as the API makes them: the session opens them, and no token stands in an address.

use axum::extract::Path;
use axum::response::Response;

use super::ask::Asker;
use super::problem::{Failure, Shown};
use super::query;
use crate::domain::uuid_hex;

/// The PDF of an invoice, or of the usage behind it.
pub(super) async fn document(asker: Asker, Path((uuid, document)): Path<(String, String)>) -> Shown<Response> {
    let uuid = query::uuid(&uuid)?;
    if !["pdf", "usage_pdf"].contains(&document.as_str()) {
        return Err(Failure::not_found());
    }
    let response = asker
        .fetch(&format!("/api/invoices/{}/{document}/", uuid_hex::hex(uuid)))
        .await?;
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(Failure::Refused(response.status(), serde_json::Value::Null))
    }
}
