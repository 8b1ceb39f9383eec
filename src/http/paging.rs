//! NodeConductor's paging: bare arrays, the total in `X-Result-Count`, the neighbours in `Link` (nodeconductor.md 2.2).
//!
//! A list handler takes a [`Page`], counts, asks for `page.of(total)?`, reads that window and calls `respond`.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::links::Links;
use super::problem::Problem;
use super::query;
use super::state::AppState;
use crate::db::window::Window;

/// How every list is paged.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters in OpenAPI; `Page` reads them")]
pub struct PageParams {
    /// Number of the page from 1, or `last`. A page that does not exist is a 404.
    #[param(value_type = Option<String>, example = "1")]
    page: Option<String>,
    /// Rows on a page: 10 unless a number from 1 is given, and 300 at most (prices and estimates 1000).
    #[param(value_type = Option<String>, example = "100")]
    page_size: Option<u32>,
}

const DEFAULT_SIZE: i64 = 10;

/// The page that the client asked for, at most `CAP` rows of it (larger sizes are cut, as they always were).
#[derive(Debug)]
pub struct Page<const CAP: i64 = 300> {
    number: String,
    size: i64,
    address: String,
    others: Vec<(String, String)>,
}

/// A page that exists.
#[derive(Debug)]
pub struct Listing {
    window: Window,
    total: i64,
    link: String,
}

impl<const CAP: i64> FromRequestParts<AppState> for Page<CAP> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let Ok(links) = Links::from_request_parts(parts, state).await;
        let query = parts.uri.query().unwrap_or_default();
        let value = |name: &str| {
            query::filters(query)
                .into_iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value)
        };
        let size = value("page_size").and_then(|size| match size.parse() {
            // Too large for a number: as large as it may be.
            Err(_) if size.bytes().all(|digit| digit.is_ascii_digit()) => Some(CAP),
            size => size.ok().filter(|size| *size > 0),
        });
        Ok(Self {
            number: value("page").unwrap_or_else(|| "1".to_owned()),
            size: size.unwrap_or(DEFAULT_SIZE).min(CAP),
            address: links.to(parts.uri.path()),
            others: query::pairs(query)
                .filter(|(name, _)| name != "page" && !query::is_token(name))
                .collect(),
        })
    }
}

impl<const CAP: i64> Page<CAP> {
    /// The rows of this page among `total`.
    ///
    /// # Errors
    /// 404 when there is no such page, in Django's words.
    pub fn of(&self, total: i64) -> Result<Listing, Problem> {
        let last = ((total + self.size - 1) / self.size).max(1);
        let number = self.number(last).map_err(|why| {
            let detail = format!("Invalid page \"{}\": {why}.", self.number);
            Problem::new(StatusCode::NOT_FOUND, "invalid_page", detail)
        })?;
        let window = Window {
            limit: self.size,
            offset: (number - 1) * self.size,
        };
        Ok(Listing {
            window,
            total,
            link: self.link(number, last),
        })
    }

    fn number(&self, last: i64) -> Result<i64, &'static str> {
        match (self.number.as_str(), self.number.parse::<i128>()) {
            ("last", _) => Ok(last),
            (_, Ok(number)) if number < 1 => Err("That page number is less than 1"),
            (_, Ok(number)) => i64::try_from(number)
                .ok()
                .filter(|n| *n <= last)
                .ok_or("That page contains no results"),
            (text, Err(_)) if text.chars().all(|c| c.is_ascii_digit()) => Err("That page contains no results"),
            (_, Err(_)) => Err("That page number is not an integer"),
        }
    }

    /// first, prev, next, last, in this order; the first page goes without a number.
    fn link(&self, number: i64, last: i64) -> String {
        let prev = (number > 1).then(|| (number - 1, "prev"));
        let next = (number < last).then(|| (number + 1, "next"));
        let links = [Some((1, "first")), prev, next, Some((last, "last"))];
        let texts = links
            .into_iter()
            .flatten()
            .map(|(page, rel)| format!("<{}>; rel=\"{rel}\"", self.url(page)));
        texts.collect::<Vec<_>>().join(", ")
    }

    fn url(&self, page: i64) -> String {
        let number = (page > 1).then(|| ("page".to_owned(), page.to_string()));
        match query::encode(self.others.iter().cloned().chain(number)) {
            query if query.is_empty() => self.address.clone(),
            query => format!("{}?{query}", self.address),
        }
    }
}

impl Listing {
    /// Which rows to read.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The rows as a bare array with the paging headers.
    pub fn respond<T: Serialize>(self, items: impl IntoIterator<Item = T>) -> Response {
        let items: Vec<T> = items.into_iter().collect();
        let mut response = Json(items).into_response();
        let headers = response.headers_mut();
        headers.insert(HeaderName::from_static("x-result-count"), HeaderValue::from(self.total));
        if let Ok(link) = HeaderValue::try_from(self.link) {
            headers.insert(header::LINK, link);
        }
        response
    }
}
