//! Signing in and out. With a password of our own, or, where NodeConductor is configured, with its token for its staff. After
//! five wrong passwords in a row a name is locked for a quarter of an hour, and an address has only so many tries a minute.

use askama::Template;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;
use tower_sessions::Session;

use super::form::{self, CSRF, Fields, Form};
use super::frame::Frame;
use super::person::{self, SignedIn, whence};
use super::problem::{Failure, Shown, particulars};
use super::state::AdminState;
use super::texts::Texts;
use super::view;
use crate::clock::Clock;
use crate::db::tokens::Role;
use crate::db::users::{self, Try};
use crate::domain::password;
use crate::nodeconductor::{Standing, Verdict};

/// Holds the word of the form before there is a session: nothing is kept here for passers-by.
const COOKIE: &str = "ncb_form";
const WRONG: &str = "The name or the password is wrong.";

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/admin/askama.toml")]
struct SignInPage {
    frame: Frame,
    word: String,
    next: String,
    name: String,
    problem: Option<String>,
    with_token: bool,
    ended: bool,
}

/// The form.
pub(super) async fn show(
    State(state): State<AdminState>,
    Query(wanted): Query<Wanted>,
    jar: CookieJar,
    request: Request,
) -> Shown {
    let texts = Texts::wanted(request.headers());
    let ended = jar.get("ncb_session").is_some();
    drawn(&state, jar, texts, wanted.next, None, ended)
}

/// Tries a name and a password.
pub(super) async fn enter(
    State(state): State<AdminState>,
    session: Session,
    jar: CookieJar,
    request: Request,
) -> Shown {
    let (parts, body) = request.into_parts();
    let (texts, from) = (Texts::wanted(&parts.headers), whence(&parts, &state));
    let fields = checked(&state, &jar, Request::from_parts(parts, body)).await?;
    let refused = |text: String| {
        drawn(
            &state,
            jar.clone(),
            texts,
            fields.get("next").to_owned(),
            Some((text, &fields)),
            false,
        )
    };
    if let Some(text) = throttled(&state, from.0) {
        return refused(text);
    }
    let now = state.app.clock.now();
    let (name, typed) = (fields.get("name").to_owned(), fields.exact("password").to_owned());
    match tried(&state, &name, typed).await? {
        Tried::Right => {
            users::signed_in(&state.app.pool, now, &name).await?;
            tracing::info!(name, "signed in to the admin pages");
            inside(&state, &session, signed_in(name, None, from), fields.get("next")).await
        }
        Tried::Wrong => {
            tracing::warn!(name, "a wrong password for the admin pages");
            refused(texts.say(WRONG).to_owned())
        }
        Tried::Locked(until) => {
            let sentence = texts.say("Too many wrong passwords: this name is locked until");
            refused(format!("{sentence} {} UTC.", until.format("%H:%M")))
        }
    }
}

/// Tries a token of NodeConductor's.
pub(super) async fn enter_with_token(
    State(state): State<AdminState>,
    session: Session,
    jar: CookieJar,
    request: Request,
) -> Shown {
    let (parts, body) = request.into_parts();
    let (texts, from) = (Texts::wanted(&parts.headers), whence(&parts, &state));
    let fields = checked(&state, &jar, Request::from_parts(parts, body)).await?;
    let refused = |text: &str| {
        drawn(
            &state,
            jar.clone(),
            texts,
            fields.get("next").to_owned(),
            Some((text.to_owned(), &fields)),
            false,
        )
    };
    if let Some(text) = throttled(&state, from.0) {
        return refused(&text);
    }
    let Some(nodeconductor) = state.app.nodeconductor.as_ref() else {
        return Err(Failure::not_found());
    };
    match nodeconductor.who(fields.get("token")).await {
        Verdict::Known(identity) => match role(&identity.standing) {
            Some(role) => {
                inside(
                    &state,
                    &session,
                    signed_in(identity.name, Some(role), from),
                    fields.get("next"),
                )
                .await
            }
            None => refused(texts.say("Only NodeConductor's staff and support may come in.")),
        },
        Verdict::Refused(_) => refused(texts.say("NodeConductor does not know this token.")),
        Verdict::Away => refused(texts.say("NodeConductor does not answer; try again, or sign in with a password.")),
    }
}

/// Ends the session.
pub(super) async fn leave(State(state): State<AdminState>, session: Session, _: Form) -> Shown {
    session.flush().await?;
    Ok(Redirect::to(&format!("{}/admin/sign-in/", state.base)).into_response())
}

enum Tried {
    Right,
    Wrong,
    Locked(chrono::DateTime<chrono::Utc>),
}

/// Counted before it is looked at, so that tries at the same time are not free.
async fn tried(state: &AdminState, name: &str, typed: String) -> Result<Tried, Failure> {
    let kept = match users::begin_try(&state.app.pool, state.app.clock.now(), name).await? {
        Try::Locked(until) => return Ok(Tried::Locked(until)),
        Try::Nobody => None,
        Try::Allowed(user) => Some(user.password_hash),
    };
    let right = tokio::task::spawn_blocking(move || password::matches(&typed, kept.as_deref())).await;
    Ok(if right.unwrap_or(false) {
        Tried::Right
    } else {
        Tried::Wrong
    })
}

fn throttled(state: &AdminState, address: Option<std::net::IpAddr>) -> Option<String> {
    let refused = state.app.attempts.count(address).err()?;
    Some(particulars(refused.body()).join(" "))
}

const fn role(standing: &Standing) -> Option<Role> {
    match standing {
        Standing::Staff => Some(Role::Staff),
        Standing::Support => Some(Role::Support),
        Standing::Owner(_) => None,
    }
}

fn signed_in(name: String, role: Option<Role>, (address, agent): (Option<std::net::IpAddr>, String)) -> SignedIn {
    SignedIn {
        name,
        role: role.map(|role| role.name().to_owned()),
        since: Clock::System.now(),
        address,
        agent,
        csrf: form::word(),
    }
}

async fn inside(state: &AdminState, session: &Session, person: SignedIn, next: &str) -> Shown {
    person::sign_in(session, person).await?;
    // Only to a page of ours: an address with a host is another site.
    let own = format!("{}/admin/", state.base);
    let to = if next.starts_with(&own) && !next.contains("//") && !next.contains('\\') {
        next
    } else {
        own.as_str()
    };
    Ok(Redirect::to(to).into_response())
}

/// The form's fields, if it is ours: the word in the cookie is the word in the form.
async fn checked(state: &AdminState, jar: &CookieJar, request: Request) -> Result<Fields, Failure> {
    let fields = form::fields(request, state).await?;
    let kept = jar.get(COOKIE).map(Cookie::value).unwrap_or_default();
    if form::same(kept, fields.exact(CSRF)) {
        Ok(fields)
    } else {
        Err(Failure::Forged)
    }
}

fn drawn(
    state: &AdminState,
    jar: CookieJar,
    texts: Texts,
    next: String,
    problem: Option<(String, &Fields)>,
    ended: bool,
) -> Shown {
    let kept = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
    let word = kept.filter(|word| word.len() == 32).unwrap_or_else(form::word);
    let cookie = Cookie::build((COOKIE, word.clone()))
        .path(format!("{}/admin", state.base))
        .http_only(true)
        .secure(state.secure)
        .same_site(SameSite::Strict);
    let (problem, name) = match problem {
        Some((text, fields)) => (Some(text), fields.get("name").to_owned()),
        None => (None, String::new()),
    };
    let page = SignInPage {
        frame: Frame::of_nobody(state, texts, texts.say("Sign in")),
        word,
        next,
        name,
        problem,
        with_token: state.app.nodeconductor.is_some(),
        ended,
    };
    let response: Response = view::page(&page)?;
    Ok((jar.add(cookie), response).into_response())
}
