//! Which call is answered by which file.

use super::answer::Answer;
use super::books::Books;
use super::wire::Request;

/// Does what the request asks for.
pub fn answer(books: &mut Books, request: &Request) -> Answer {
    let segments = request.segments();
    if books.is_narrow && request.body.iter().any(|byte| *byte >= 0xF0) {
        return Answer::complaint(500, None, "Incorrect string value");
    }
    match (request.method.as_str(), segments.as_slice()) {
        (_, ["accounts", ..]) => books.accounts_call(request),
        (_, ["subscriptions", _, "customFields"]) => books.fields_call(request),
        (_, ["subscriptions", ..]) => books.subscriptions_call(request),
        ("POST", ["usages"]) => books.record_usage(request),
        ("GET", ["usages", id]) => books.usage_sums(id, request),
        ("GET", ["tags", "search", name]) => books.tagged(name, request),
        (_, ["catalog", ..]) => books.catalog_call(request),
        (_, ["test", ..]) => books.clock_call(request),
        (_, ["invoices" | "credits", ..]) => books.invoices_call(request),
        (_, ["tenants" | "nodesInfo", ..]) => books.tenants_call(request),
        _ => Answer::page(404),
    }
}

/// Writes what was found to be new when it came in, whatever has happened since.
pub fn finish(books: &mut Books, request: &Request) {
    match (request.method.as_str(), request.segments().as_slice()) {
        ("POST", ["usages"]) => books.write_usage(request),
        _ => drop(answer(books, request)),
    }
}
