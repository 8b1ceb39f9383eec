//! The requests: who is it, and which customers does it own. Nothing is followed elsewhere, so the token stays between
//! the caller, us and NodeConductor; anything that is not clearly an answer counts as none.

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::answers::{Permission, User};
use super::{Identity, NodeConductor, Standing};

/// Larger answers are nobody's.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Pages of permissions that are read at most.
const MOST_PAGES: u32 = 200;

/// Why there is no identity.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(&'static str),
    Away(String),
}

type Found<T> = Result<T, Failure>;

impl NodeConductor {
    pub(super) async fn identity(&self, key: &str) -> Found<Identity> {
        let user = self.user(key).await?;
        if user.is_active == Some(false) {
            return Err(Failure::Refused("User inactive or deleted."));
        }
        let standing = match user.standing(self.clock.now()) {
            Some(standing) => standing,
            None => Standing::Owner(self.owned(key, &user).await?),
        };
        let name = user.name();
        Ok(Identity { name, standing })
    }

    /// The later address first; where there is none, the one of 2015.
    async fn user(&self, key: &str) -> Found<User> {
        if let Some(answer) = self.get(key, &["users", "me", ""], &[]).await? {
            return json(answer).await;
        }
        let answer = self.get(key, &["users", ""], &[("current", "")]).await?;
        let mut users: Vec<User> = json(answer.ok_or_else(|| away("it has no users"))?).await?;
        // More than one means that the filter is not known there: then any of them may be the caller.
        match (users.pop(), users.is_empty()) {
            (Some(user), true) => Ok(user),
            _ => Err(away("it did not say which user the token is of")),
        }
    }

    /// The customers that the user owns, from all pages.
    async fn owned(&self, key: &str, user: &User) -> Found<Vec<Uuid>> {
        let (Some(uuid), Some(url)) = (user.uuid(), user.url.as_deref()) else {
            return Err(away("its user has no uuid or no url"));
        };
        let (mut owned, mut seen) = (Vec::new(), 0);
        // Only when all pages are read is it known what is not owned.
        for number in 1..=MOST_PAGES {
            let page = number.to_string();
            let query = [
                ("user_url", url),
                ("role", "owner"),
                ("page_size", "100"),
                ("page", &page),
            ];
            let answer = self.get(key, &["customer-permissions", ""], &query).await?;
            let answer = answer.ok_or_else(|| away("it does not list permissions, or not all of them"))?;
            let pages = Pages::of(answer.headers());
            let rows: Vec<Permission> = json(answer).await?;
            if rows.is_empty() && number > 1 {
                break;
            }
            seen += rows.len();
            let now = self.clock.now();
            owned.extend(rows.iter().filter_map(|row| row.owned_by(uuid, now)));
            if !pages.more_after(seen) {
                owned.sort_unstable();
                owned.dedup();
                return Ok(owned);
            }
        }
        Err(away("its list of permissions does not come to an end"))
    }

    /// `None`: there is no such address.
    async fn get(&self, key: &str, path: &[&str], query: &[(&str, &str)]) -> Found<Option<Response>> {
        let mut url = self.connection.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut token =
            HeaderValue::try_from(format!("Token {key}")).map_err(|_| Failure::Refused("Invalid token."))?;
        token.set_sensitive(true);
        let request = self.http.get(url).header(AUTHORIZATION, token).query(query);
        let answer = request
            .send()
            .await
            .map_err(|error| away(&error.without_url().to_string()))?;
        match answer.status() {
            StatusCode::OK => Ok(Some(answer)),
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED => Err(Failure::Refused(words(&json(answer).await?)?)),
            other => Err(away(&format!("it answered {other}"))),
        }
    }
}

/// How NodeConductor says how much there is.
struct Pages {
    total: Option<usize>,
    next: bool,
}

impl Pages {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            total: text("x-result-count").and_then(|total| total.parse().ok()),
            next: text("link").is_some_and(|link| link.split([',', ';']).any(is_next)),
        }
    }

    fn more_after(&self, seen: usize) -> bool {
        self.next || self.total.is_some_and(|total| seen < total)
    }
}

/// `rel="next"`, with quotes or without.
fn is_next(parameter: &str) -> bool {
    let relations = parameter
        .trim()
        .strip_prefix("rel=")
        .unwrap_or_default()
        .trim_matches('"');
    relations.split_whitespace().any(|one| one.eq_ignore_ascii_case("next"))
}

/// NodeConductor's own refusal says why in `detail`; a gateway's does not, and is no answer about the token. Only words
/// that are known are passed on.
fn words(refusal: &Value) -> Found<&'static str> {
    let said = refusal["detail"]
        .as_str()
        .ok_or_else(|| away("something before it refused the token"))?;
    let known = ["User inactive or deleted.", "Token has expired."];
    Ok(known
        .into_iter()
        .find(|words| *words == said)
        .unwrap_or("Invalid token."))
}

async fn json<T: DeserializeOwned>(mut answer: Response) -> Found<T> {
    let mut body = Vec::new();
    while let Some(part) = answer
        .chunk()
        .await
        .map_err(|error| away(&error.without_url().to_string()))?
    {
        body.extend_from_slice(&part);
        if body.len() > MOST_BYTES {
            return Err(away("its answer is too large"));
        }
    }
    // The text of a parse error may repeat what was read; only its place is kept.
    serde_json::from_slice(&body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        away(&format!(
            "its answer is not what was expected, at line {line} column {column}"
        ))
    })
}

fn away(why: &str) -> Failure {
    Failure::Away(why.to_owned())
}
