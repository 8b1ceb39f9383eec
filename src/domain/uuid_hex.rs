//! How uuids look to clients: 32 hex digits out; digits, dashes or a whole URL in (NodeConductor's habit).

use uuid::Uuid;

/// 32 lower-case hex digits.
#[must_use]
pub fn hex(uuid: Uuid) -> String {
    uuid.simple().to_string()
}

/// Reads 32 hex digits, the dashed form, or a URL whose last path segment is one of them.
#[must_use]
pub fn parse(text: &str) -> Option<Uuid> {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    // Braces and urn: prefixes, which the uuid crate would take, are nobody's habit here.
    last.starts_with(|c: char| c.is_ascii_hexdigit())
        .then(|| Uuid::try_parse(last).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_dashes_and_urls_name_the_same_object() {
        let uuid = parse("6e08f48681834ba5aadd426a0abe9282").unwrap();
        assert_eq!(parse("6e08f486-8183-4ba5-aadd-426a0abe9282"), Some(uuid));
        assert_eq!(
            parse("http://nc.example.com/api/customers/6e08f48681834ba5aadd426a0abe9282/"),
            Some(uuid)
        );
        assert_eq!(hex(uuid), "6e08f48681834ba5aadd426a0abe9282");
        assert_eq!(parse("Alice"), None);
        assert_eq!(parse(""), None);
    }
}
