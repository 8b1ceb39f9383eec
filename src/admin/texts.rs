//! The pages in English and Estonian, by the browser's language. The English sentence is the key; what has no Estonian yet stays
//! English. The service's own words (states, codes, what Kill Bill said) are the API's and are not translated.

mod estonian;

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};

static ESTONIAN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| estonian::pairs().collect());

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
    pub(super) fn say(self, english: &str) -> &str {
        match self.0 {
            Language::English => english,
            Language::Estonian => ESTONIAN.get(english).copied().unwrap_or(english),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many texts behind these in the sources are said to people.
    const SAID: [(&str, usize); 10] = [
        ("say(", 1),
        ("title: ", 1),
        ("about: ", 1),
        ("empty: ", 1),
        ("help: ", 1),
        ("Err(", 1),
        ("Column::new(", 1),
        ("Related::new(", 1),
        ("Filter::new(", 2),
        ("Field::new(", 3),
    ];

    fn sentences(text: &str) -> Vec<String> {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let behind = |(mark, count): (&'static str, usize)| {
            let places = text
                .split(mark)
                .skip(1)
                .filter(|rest| rest.trim_start().starts_with('"'));
            places.flat_map(move |rest| rest.split('"').skip(1).step_by(2).take(count))
        };
        SAID.into_iter().flat_map(behind).map(str::to_owned).collect()
    }

    #[test]
    fn everything_that_is_said_is_said_in_estonian_too() {
        let mut missing = Vec::new();
        for file in walkdir::WalkDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/admin")) {
            let file = file.unwrap().into_path();
            if !file.extension().is_some_and(|end| end == "rs" || end == "html") {
                continue;
            }
            for sentence in sentences(&std::fs::read_to_string(&file).unwrap()) {
                // A key of the API is no sentence.
                let key = sentence.chars().all(|c| c.is_lowercase() || c == '_');
                if !ESTONIAN.contains_key(sentence.as_str()) && !key {
                    missing.push(sentence);
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
        let estonian = Texts(Language::Estonian);
        for (title, ways) in super::super::pages::NAVIGATION {
            let titles = ways.iter().map(|(title, _)| *title).chain([title]);
            titles.for_each(|title| assert_ne!(estonian.say(title), title));
        }
    }

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
