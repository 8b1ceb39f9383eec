//! What any address may answer beside what it is asked for: 304, the refusals in their one shape, and the headers.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::is_open;

/// A header: its name, what it holds, and what that means.
type Described = (&'static str, Type, &'static str);

const PAGED: [Described; 2] = [
    ("X-Result-Count", Type::Integer, "How many rows there are on all pages."),
    (
        "Link",
        Type::String,
        "The addresses of the first, previous, next and last page.",
    ),
];
const KEPT: [Described; 2] = [
    ("ETag", Type::String, "Stands for this content: for If-None-Match."),
    (
        "Cache-Control",
        Type::String,
        "Keep it for this caller, and ask each time.",
    ),
];
const DATED: Described = (
    "Last-Modified",
    Type::String,
    "When it last changed, where that is known: for If-Modified-Since.",
);
const SAVED: Described = ("Content-Disposition", Type::String, "The file's name: of a PDF or CSV.");
const VERSION: Described = (
    "X-Document-Version",
    Type::Integer,
    "Which version of the document it is, from 1.",
);
const SCHEME: Described = ("WWW-Authenticate", Type::String, "Token");
const LATER: Described = ("Retry-After", Type::Integer, "Seconds after which to try again.");
const MADE: Described = ("Location", Type::String, "The address of what was made.");

/// 304, for what is read as JSON.
pub(super) fn unchanged(operation: &mut Operation) {
    let known = ResponseBuilder::new().description("The client has it already (If-None-Match, If-Modified-Since).");
    let responses = &mut operation.responses.responses;
    responses.insert("304".to_owned(), RefOr::T(known.build()));
}

/// The headers of each answer.
pub(super) fn headers(operation: &mut Operation, method: &str, path: &str) {
    let paged = is_paged(operation);
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let is = |media: &str| response.content.contains_key(media);
        let kept = method == "get" && path.starts_with("/api/") && matches!(status.as_str(), "200" | "304");
        let groups: [(bool, &[Described]); 8] = [
            (kept, &KEPT),
            (kept && path.contains("invoices/"), &[DATED]),
            (paged && status == "200", &PAGED),
            (is("application/pdf") || is("text/csv"), &[SAVED]),
            (kept && path.ends_with("pdf/"), &[VERSION]),
            (status == "401", &[SCHEME]),
            (
                status == "429" || (status == "503" && path.starts_with("/api/")),
                &[LATER],
            ),
            (status == "201" && path.ends_with("price-list-items/"), &[MADE]),
        ];
        for (_, group) in groups.iter().filter(|(holds, _)| *holds) {
            describe(response, group);
        }
        if let Some(RefOr::T(document)) = response.content.get_mut("application/pdf") {
            document.schema = Some(bytes().into());
        }
    }
}

/// utoipa would say that a file is a list of numbers.
fn bytes() -> Schema {
    let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
    Schema::Object(
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(binary))
            .build(),
    )
}

fn describe(response: &mut Response, headers: &[Described]) {
    for (name, kind, text) in headers {
        let header = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(kind.clone())));
        let header = RefOr::T(header.description(Some(*text)).build());
        response.headers.insert((*name).to_owned(), header);
    }
}

fn is_paged(operation: &Operation) -> bool {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    parameters
        .iter()
        .any(|one| matches!(one, RefOr::T(parameter) if parameter.name == "page"))
}

/// Every refusal that any address may give, and the shape of all of them.
pub(super) fn refusals(operation: &mut Operation, path: &str) {
    let mut known = vec![
        ("400", "A value is wrong; it is named."),
        ("500", "The service failed; its log says why."),
        ("503", "Nothing is wrong with the request; try it again in a moment."),
    ];
    if !is_open(operation) {
        known.push(("401", "No valid token."));
        known.push(("429", "Too many unknown tokens were tried from this address."));
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
