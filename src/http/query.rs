//! The query string as clients really send it: the token must never leave, empty values mean nothing.

use url::form_urlencoded::{self, Serializer};

/// The name under which a token may stand in a query.
pub const TOKEN: &str = "x-auth-token";

/// The decoded pairs, in order.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned()
}

/// The same query without tokens: fit for logs and for links that we hand out.
#[must_use]
pub fn without_token(query: &str) -> String {
    encode(pairs(query).filter(|(name, _)| !is_token(name)))
}

/// Puts pairs together again.
#[must_use]
pub fn encode(pairs: impl Iterator<Item = (String, String)>) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Whether a pair of that name holds a token.
#[must_use]
pub fn is_token(name: &str) -> bool {
    name.eq_ignore_ascii_case(TOKEN)
}

/// What filters read: the last of several equal names counts (as it did in Django), and an empty value is no filter.
#[must_use]
pub fn filters(query: &str) -> Vec<(String, String)> {
    let mut filters: Vec<(String, String)> = Vec::new();
    for (name, value) in pairs(query).filter(|(name, value)| !value.is_empty() && !is_token(name)) {
        filters.retain(|(earlier, _)| *earlier != name);
        filters.push((name, value));
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_dropped_whatever_its_case_and_encoding() {
        assert_eq!(without_token("a=1&X-Auth-Token=k&b=x%20y"), "a=1&b=x+y");
        assert_eq!(without_token("x%2Dauth-token=k"), "");
    }

    #[test]
    fn the_last_value_counts_and_an_empty_one_does_not() {
        let expected = vec![("b".to_owned(), "2".to_owned()), ("a".to_owned(), "3".to_owned())];
        assert_eq!(filters("a=1&b=2&a=3&c="), expected);
    }
}
