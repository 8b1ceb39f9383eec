//! The requests: who is it, and which customers does it own. Nothing is followed elsewhere, so the token stays between
//! the caller, us and NodeConductor; anything that is not clearly an answer counts as none.

use std::sync::Once;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::answers::{Permission, User};
use super::{Connection, Identity, NodeConductor, Standing};

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

/// No redirects, no proxies from the environment, no retries.
pub(super) fn client(connection: &Connection) -> reqwest::Result<reqwest::Client> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error only means that somebody has installed one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = reqwest::Client::builder()
        .connect_timeout(connection.timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    // Without TLS the system's certificates are not looked at, so a container that has none still works.
    let systems = connection.url.scheme() == "https" && connection.ca.is_empty();
    let builder = if systems {
        builder
    } else {
        builder.tls_certs_only(connection.ca.clone())
    };
    builder.build()
}

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
        for page in 1..=MOST_PAGES {
            let page = page.to_string();
            let query = [
                ("user_url", url),
                ("role", "owner"),
                ("page_size", "100"),
                ("page", &page),
            ];
            let Some(answer) = self.get(key, &["customer-permissions", ""], &query).await? else {
                break;
            };
            let more = Pages::of(answer.headers());
            let rows: Vec<Permission> = json(answer).await?;
            seen += rows.len();
            let now = self.clock.now();
            owned.extend(rows.iter().filter_map(|row| row.owned_by(uuid, now)));
            if rows.is_empty() || !more.after(seen) {
                break;
            }
        }
        owned.sort_unstable();
        owned.dedup();
        Ok(owned)
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
            StatusCode::UNAUTHORIZED => Err(Failure::Refused(words(json(answer).await.unwrap_or_default()))),
            StatusCode::FORBIDDEN => Err(Failure::Refused("Invalid token.")),
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
            next: text("link").is_some_and(|link| link.contains("rel=\"next\"")),
        }
    }

    const fn after(&self, seen: usize) -> bool {
        match self.total {
            Some(total) => seen < total,
            None => self.next,
        }
    }
}

/// NodeConductor's own refusal.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    detail: String,
}

/// Only words that are known are passed on.
fn words(refusal: Refusal) -> &'static str {
    let known = ["User inactive or deleted.", "Token has expired."];
    let said = known.into_iter().find(|words| *words == refusal.detail);
    said.unwrap_or("Invalid token.")
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
