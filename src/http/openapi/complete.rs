//! What is true of every address, and therefore written by nobody: `responses` adds the refusals and the headers,
//! `parameters` what may stand in every query, `answers` the keys that are always there; here each operation gets its name.

mod answers;
mod parameters;
mod responses;

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, RefOr, SecurityRequirement};

/// Adds it to `document`.
pub fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    answers::require(components);
    let schemas = components.schemas.clone();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(name(method, path));
            if method == "get" && path.starts_with("/api/") && answers_json(operation) {
                responses::unchanged(operation);
                parameters::choose(operation);
            }
            parameters::relax(operation, &schemas);
            responses::refusals(operation, path);
            responses::headers(operation, method, path);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `get-api-invoices-uuid-items`
fn name(method: &str, path: &str) -> String {
    let words = path.split(['/', '{', '}']).filter(|word| !word.is_empty());
    let all: Vec<&str> = std::iter::once(method).chain(words).collect();
    all.join("-")
}

/// Whether it asks for no token.
fn is_open(operation: &Operation) -> bool {
    let security = operation.security.as_ref();
    security.is_some_and(|security| *security == [SecurityRequirement::default()])
}

fn answers_json(operation: &Operation) -> bool {
    let Some(RefOr::T(response)) = operation.responses.responses.get("200") else {
        return false;
    };
    response.content.contains_key("application/json")
}
