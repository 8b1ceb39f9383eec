//! Addresses with their queries: a page's own, and those of the API behind it.

use uuid::Uuid;

use super::declared::List;
use super::form::Fields;
use super::problem::Failure;
use crate::domain::uuid_hex;

/// Puts pairs together.
pub(super) fn of<'p, V: AsRef<str>>(pairs: impl IntoIterator<Item = (&'p str, V)>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value.as_ref());
    }
    query.finish()
}

/// A text as a value of a query.
pub(super) fn value(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The filters and the order of a list that are set.
fn kept(list: &List, query: &Fields) -> Vec<(&'static str, String)> {
    let names = list.filters.iter().map(|filter| filter.name).chain(["o"]);
    let set = names.map(|name| (name, query.get(name).to_owned()));
    set.filter(|(_, value)| !value.is_empty()).collect()
}

/// A page of the list in the API, with the filters that its page has.
pub(super) fn of_api(list: &List, query: &Fields, page: i64, size: i64) -> String {
    let page = [("page", page.to_string()), ("page_size", size.to_string())];
    let joint = if list.api.contains('?') { '&' } else { '?' };
    format!("{}{joint}{}", list.api, of(kept(list, query).into_iter().chain(page)))
}

/// The list's page with one parameter more, or another value of it.
pub(super) fn of_page(list: &List, query: &Fields, here: &str, (name, value): (&'static str, &str)) -> String {
    let mut pairs = kept(list, query);
    pairs.retain(|(known, _)| *known != name);
    pairs.push((name, value.to_owned()));
    format!("{here}?{}", of(pairs))
}

/// The thing that an address names; what is no uuid names none.
///
/// # Errors
/// 404.
pub(super) fn uuid(text: &str) -> Result<Uuid, Failure> {
    uuid_hex::parse(text).ok_or_else(Failure::not_found)
}
