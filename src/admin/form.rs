//! Forms as browsers send them. A form counts only with the word that our page put into it: another site can send a browser
//! here with its cookie, but cannot know the word.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;

use super::person::Person;
use super::problem::Failure;
use super::query;
use super::state::AdminState;

/// The field with the word.
pub(super) const CSRF: &str = "csrf";

/// The fields of a form, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of that name, without spaces around it; empty when there is none.
    pub(super) fn get<'f>(&'f self, name: &'f str) -> &'f str {
        self.all(name).next().unwrap_or_default().trim()
    }

    /// As it was typed: a password may begin with a space.
    pub(super) fn exact<'f>(&'f self, name: &'f str) -> &'f str {
        self.all(name).next().unwrap_or_default()
    }

    /// The number of the page that is asked for, from 1.
    pub(super) fn page(&self) -> i64 {
        let number = self.get("page").parse().unwrap_or(1);
        // So that no page's rows have numbers beyond those of the language.
        number.clamp(1, i64::MAX / 1000)
    }

    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Without the word, as an address could carry them.
    pub(super) fn query(&self) -> String {
        let pairs = self.0.iter().filter(|(name, _)| name != CSRF);
        query::of(pairs.map(|(name, value)| (name.as_str(), value)))
    }
}

/// A form of whoever is signed in, made for this session.
pub(super) struct Form(pub(super) Fields);

impl FromRequest<AdminState> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AdminState) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let person = Person::from_request_parts(&mut parts, state).await;
        let path = parts.uri.path().to_owned();
        let fields = fields(Request::from_parts(parts, body), state).await?;
        // What was typed is there again after signing in.
        let person = person.map_err(|failure| match failure {
            Failure::SignedOut(_) if path.contains("/do/") => Failure::SignedOut(format!("{path}?{}", fields.query())),
            Failure::SignedOut(_) => Failure::SignedOut(String::new()),
            other => other,
        })?;
        if !same(fields.exact(CSRF), &person.csrf) {
            return Err(Failure::Forged);
        }
        Ok(Self(fields))
    }
}

/// The fields of any form; who uses this looks after its origin himself.
pub(super) async fn fields(request: Request, state: &AdminState) -> Result<Fields, Failure> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| !kind.as_bytes().starts_with(b"application/x-www-form-urlencoded")) {
        return Err(Failure::Forged);
    }
    let body = Bytes::from_request(request, state).await.map_err(|_| Failure::Forged)?;
    let text = std::str::from_utf8(&body).map_err(|_| Failure::Forged)?;
    Ok(Fields::parse(text))
}

/// Takes as long for any two words of one length.
pub(super) fn same(one: &str, other: &str) -> bool {
    let differing = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    !one.is_empty() && one.len() == other.len() && differing == 0
}

/// A word that nobody guesses.
pub(super) fn word() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}
