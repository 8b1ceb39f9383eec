//! The query string as clients really send it: the token must never leave, empty values mean nothing.

use url::form_urlencoded::{self, Serializer};

use super::problem::Problem;
use super::redact::{TOKEN, around_token, decoded, without_end};

/// The decoded pairs, in order. A token that was appended blindly to another value is a pair of its own, so that every
/// reader sees the value as it was meant.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().flat_map(apart)
}

fn apart((name, value): (String, String)) -> Vec<(String, String)> {
    let joint = if value.is_empty() { "" } else { "=" };
    let Some((before, after)) = around_token(&format!("{name}{joint}{value}")) else {
        return vec![(name, value)];
    };
    let before = without_end(before.trim_end_matches(['?', '&', ';', ' ']));
    let (name, value) = before.split_once('=').unwrap_or((&before, ""));
    let token = decoded(&after);
    let token = token.trim_start_matches(['=', ' ']).split(['&', '?', ';']).next();
    let token = (TOKEN.to_owned(), token.unwrap_or_default().to_owned());
    let other = (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()));
    other.into_iter().chain([token]).collect()
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
    name == TOKEN
}

/// Whether there is a token in it.
#[must_use]
pub fn has_token(query: &str) -> bool {
    pairs(query).any(|(name, _)| is_token(&name))
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

/// A year and a month of the calendar.
///
/// # Errors
/// 400 with the one that is wrong.
pub fn check_date(year: Option<i32>, month: Option<i32>) -> Result<(), Problem> {
    if month.is_some_and(|month| !(1..=12).contains(&month)) {
        return Err(Problem::field("month", "Month has to be from 1 to 12."));
    }
    if year.is_some_and(|year| !(1..=9999).contains(&year)) {
        return Err(Problem::field("year", "Year has to be from 1 to 9999."));
    }
    Ok(())
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
    fn a_token_appended_to_another_value_is_a_pair_of_its_own() {
        for (query, clean) in [
            ("o=date?x-auth-token=k&download=true", "o=date&download=true"),
            ("a=1;x-auth-token=k", "a=1"),
            ("a?x-auth-token=k", "a="),
            ("scope=http://nc/1/%3Fx-auth-token%3Dk", "scope=http%3A%2F%2Fnc%2F1%2F"),
            ("?x-auth-token%3Dk", ""),
            ("x-auth-token%20=k", ""),
            ("x-auth-token%253Dk", ""),
        ] {
            let token = pairs(query).find(|(name, _)| is_token(name));
            assert_eq!(token.unwrap().1, "k", "{query}");
            assert_eq!(without_token(query), clean, "{query}");
        }
    }

    #[test]
    fn the_last_value_counts_and_an_empty_one_does_not() {
        let expected = vec![("b".to_owned(), "2".to_owned()), ("a".to_owned(), "3".to_owned())];
        assert_eq!(filters("a=1&b=2&a=3&c="), expected);
    }
}
