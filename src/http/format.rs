//! In which form a client wants its answer: `?format=` first, then the `Accept` header. A client that takes anything
//! (`*/*`, as browsers and the old frontend say) gets the form that the address always had.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::problem::Problem;
use super::query;
use super::state::AppState;

/// JSON unless CSV is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListFormat {
    #[default]
    Json,
    Csv,
}

/// PDF unless JSON or CSV is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportFormat {
    #[default]
    Pdf,
    Json,
    Csv,
}

/// How a list can be had, for OpenAPI.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter in OpenAPI; `ListFormat` reads it")]
pub struct ListFormatParams {
    /// `json` (default), or `csv` for all rows as a file; `Accept: text/csv` means the same.
    #[param(inline, pattern = "^(json|csv)$")]
    format: Option<String>,
}

/// How a report can be had, for OpenAPI.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter in OpenAPI; `ReportFormat` reads it")]
pub struct ReportFormatParams {
    /// `pdf` (default), `json` or `csv`; the `Accept` header may say the same.
    #[param(inline, pattern = "^(pdf|json|csv)$")]
    format: Option<String>,
}

/// A form with its word in `?format=` and its media type.
type Known<T> = (T, &'static str, &'static str);

const LIST: [Known<ListFormat>; 2] = [
    (ListFormat::Json, "json", "application/json"),
    (ListFormat::Csv, "csv", "text/csv"),
];
const REPORT: [Known<ReportFormat>; 3] = [
    (ReportFormat::Pdf, "pdf", "application/pdf"),
    (ReportFormat::Json, "json", "application/json"),
    (ReportFormat::Csv, "csv", "text/csv"),
];

impl FromRequestParts<AppState> for ListFormat {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        wanted(parts, &LIST)
    }
}

impl FromRequestParts<AppState> for ReportFormat {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        wanted(parts, &REPORT)
    }
}

fn wanted<T: Copy + Default>(parts: &Parts, known: &[Known<T>]) -> Result<T, Problem> {
    let filters = query::filters(parts.uri.query().unwrap_or_default());
    if let Some((_, word)) = filters.iter().find(|(name, _)| name == "format") {
        let found = known.iter().find(|(_, known, _)| known == word);
        return found.map(|(form, ..)| *form).ok_or_else(|| {
            let words: Vec<&str> = known.iter().map(|(_, word, _)| *word).collect();
            Problem::field("format", format!("\"{word}\" is not one of {}.", words.join(", ")))
        });
    }
    let lines = parts.headers.get_all(header::ACCEPT).iter();
    let accept: Vec<&str> = lines.filter_map(|value| value.to_str().ok()).collect();
    let accept = if accept.is_empty() {
        "*/*".to_owned()
    } else {
        accept.join(",")
    };
    Ok(accepted(&accept, known))
}

fn accepted<T: Copy + Default>(accept: &str, known: &[Known<T>]) -> T {
    let quality = |media: &str| accept.split(',').find_map(|range| quality(range, media));
    let anything = quality("*/*").unwrap_or(0.0);
    let mut best = (T::default(), anything);
    for (form, _, media) in known {
        let family = media.split('/').next().unwrap_or_default();
        let of_family = || quality(&format!("{family}/*"));
        let quality = quality(media).or_else(of_family).unwrap_or(0.0);
        if quality > best.1 {
            best = (*form, quality);
        }
    }
    best.0
}

/// How much `media` is liked by one range of the header; `None` when it speaks of something else.
fn quality(range: &str, media: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    parts.next().filter(|name| name.eq_ignore_ascii_case(media))?;
    let quality = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    Some(quality.and_then(|text| text.parse().ok()).unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_that_is_liked_more_than_anything_else_wins() {
        for (accept, form) in [
            ("text/csv", ListFormat::Csv),
            ("text/csv, */*;q=0.1", ListFormat::Csv),
            ("application/json, text/plain, */*", ListFormat::Json),
            ("application/json;q=0.5, text/csv;q=0.9", ListFormat::Csv),
            ("text/html", ListFormat::Json),
            ("text/csv;q=0", ListFormat::Json),
            ("text/*", ListFormat::Csv),
            ("application/json;Q=0.1, text/csv;Q=0.2", ListFormat::Csv),
        ] {
            assert_eq!(accepted(accept, &LIST), form, "{accept}");
        }
        assert_eq!(
            accepted("application/json, text/plain, */*", &REPORT),
            ReportFormat::Pdf
        );
        assert_eq!(accepted("application/json", &REPORT), ReportFormat::Json);
    }
}
