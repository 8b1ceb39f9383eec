//! What is true of every address, and therefore written by nobody: the refusals and their shape, 304, the paging headers,
//! parameters that may stand without a value, and a name for each operation.

mod parameters;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, SecurityRequirement};

/// Adds it to `document`.
pub fn complete(document: &mut OpenApi) {
    let schemas = document.components.clone().unwrap_or_default().schemas;
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(name(method, path));
            if method == "get" && path.starts_with("/api/") && answers_json(operation) {
                read(operation);
            }
            parameters::relax(operation, &schemas);
            refusals(operation, path);
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

/// What holds for reading JSON.
fn read(operation: &mut Operation) {
    let known = ResponseBuilder::new().description("The client has it already (If-None-Match, If-Modified-Since).");
    let responses = &mut operation.responses.responses;
    responses.insert("304".to_owned(), RefOr::T(known.build()));
    if is_paged(operation)
        && let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200")
    {
        paging_headers(response);
    }
}

fn is_paged(operation: &Operation) -> bool {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    parameters
        .iter()
        .any(|one| matches!(one, RefOr::T(parameter) if parameter.name == "page"))
}

fn paging_headers(response: &mut Response) {
    let header = |kind: Type, text: &str| {
        let header = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind)));
        RefOr::T(header.description(Some(text)).build())
    };
    let total = header(Type::Integer, "How many rows there are on all pages.");
    let link = header(
        Type::String,
        "The addresses of the first, previous, next and last page.",
    );
    response.headers.insert("X-Result-Count".to_owned(), total);
    response.headers.insert("Link".to_owned(), link);
}

/// Every refusal that any address may give, and the shape of all of them.
fn refusals(operation: &mut Operation, path: &str) {
    let mut known = vec![
        ("400", "A value is wrong; it is named."),
        ("503", "Nothing is wrong with the request; try it again in a moment."),
    ];
    if !is_open(operation) {
        known.push(("401", "No valid token."));
    }
    if path.contains('{') {
        known.push(("404", "No such object, or not the caller's to see."));
    }
    if operation.request_body.is_some() {
        known.push(("413", "The body is too large."));
        known.push(("415", "The body is of a type that is not taken here."));
    }
    let responses = &mut operation.responses.responses;
    for (status, text) in known {
        let response = || RefOr::T(ResponseBuilder::new().description(text).build());
        responses.entry(status.to_owned()).or_insert_with(response);
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            let shape = ContentBuilder::new().schema(Some(Ref::from_schema_name("Refusal")));
            response
                .content
                .insert("application/json".to_owned(), RefOr::T(shape.build()));
        }
    }
}
