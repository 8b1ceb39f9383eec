//! The pages in English and Estonian, by the browser's language. The English sentence is the key; what has no Estonian yet stays
//! English. The service's own words (states, codes, what Kill Bill said) are the API's and are not translated.

mod estonian;

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};

static ESTONIAN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| estonian::SENTENCES.iter().copied().collect());

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    English,
    Estonian,
}

/// Speaks the reader's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Texts(Language);

impl Texts {
    /// The language that the browser likes best of the two.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        let header = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        let (mut best, mut weight) = (Language::English, 0.0);
        for item in header.unwrap_or_default().split(',') {
            let (tag, liked) = item.split_once(";q=").unwrap_or((item, "1"));
            let liked: f32 = liked.trim().parse().unwrap_or(0.0);
            let language = match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
                Some("en") => Language::English,
                Some("et") => Language::Estonian,
                _ => continue,
            };
            if liked > weight {
                (best, weight) = (language, liked);
            }
        }
        Self(best)
    }

    /// The language's tag in HTML.
    pub(super) const fn tag(self) -> &'static str {
        match self.0 {
            Language::English => "en",
            Language::Estonian => "et",
        }
    }

    /// The sentence in the reader's language.
    pub(super) fn say<'t>(self, english: &'t str) -> &'t str {
        match self.0 {
            Language::English => english,
            Language::Estonian => ESTONIAN.get(english).copied().unwrap_or(english),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(header: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, header.parse().unwrap());
        Texts::wanted(&headers).tag()
    }

    #[test]
    fn the_browser_decides() {
        assert_eq!(wanted("et-EE,et;q=0.9,en;q=0.8"), "et");
        assert_eq!(wanted("en-GB,en;q=0.9,et;q=0.8"), "en");
        assert_eq!(wanted("de,et;q=0.3,en;q=0.5"), "en");
        assert_eq!(wanted("de"), "en");
        assert_eq!(Texts::wanted(&HeaderMap::new()).tag(), "en");
    }
}
