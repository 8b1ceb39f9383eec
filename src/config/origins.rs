//! `http.cors_origins`: which pages may read the API, as browsers spell origins. A port `*` stands for any.

use super::section::Section;

/// How an origin ends whose port does not matter.
pub const ANY_PORT: &str = ":*";

/// A bare host stands for both schemes, as it did in NodeConductor's `cors_allowed_domains`.
pub(super) fn read(s: &mut Section<'_>) -> Vec<String> {
    let wanted = "an origin such as https://portal.example.com, a host name, or *";
    let texts = s.list("cors_origins");
    let read = texts
        .iter()
        .filter_map(|text| s.parsed("cors_origins", text, wanted, origin));
    read.flatten().collect()
}

fn origin(text: &str) -> Option<Vec<String>> {
    if text == "*" {
        return Some(vec![text.to_owned()]);
    }
    let whole = if text.contains("://") {
        vec![text.to_owned()]
    } else {
        vec![format!("http://{text}"), format!("https://{text}")]
    };
    let origin = |text: String| {
        if let Some(host) = text.strip_suffix(ANY_PORT) {
            let bare = Some(host).filter(|host| host.matches(':').count() == 1 && !host.contains('@'))?;
            let url = url::Url::parse(bare).ok().filter(|url| url.path() == "/")?;
            return Some(format!("{}{ANY_PORT}", url.origin().ascii_serialization()));
        }
        let url = url::Url::parse(&text).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        (bare && web).then(|| url.origin().ascii_serialization())
    };
    whole.into_iter().map(origin).collect()
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn hosts_stand_for_both_schemes_and_what_is_no_origin_is_refused() {
        let read = |text| origin(text).map(|origins| origins.join(" "));
        for (text, origins) in [
            ("*", "*"),
            ("localhost", "http://localhost https://localhost"),
            ("127.0.0.1:8001", "http://127.0.0.1:8001 https://127.0.0.1:8001"),
            ("https://Portal.example.com/", "https://portal.example.com"),
            ("localhost:*", "http://localhost:* https://localhost:*"),
            ("http://Portal.example.com:*", "http://portal.example.com:*"),
        ] {
            assert_eq!(read(text).as_deref(), Some(origins), "{text}");
        }
        for wrong in [
            "ftp://example.com",
            "https://example.com/page",
            "https://me@example.com",
            "a b",
            "*.example.com/x",
            "localhost:1:*",
            "me@localhost:*",
            ":*",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
