//! Signing in and out. With a password of our own, or, where NodeConductor is configured, with its token for its staff. After
//! five wrong passwords in a row a name is locked for a quarter of an hour, and an address has only so many tries a minute.

use std::net::IpAddr;

use askama::Template;
use axum::extract::{FromRequest, Query, Request, State};
use axum::response::{IntoResponse, Redirect};
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
use super::{passwords, trail, view};
use crate::clock::Clock;
use crate::db::audit::Actor;
use crate::db::tokens::Role;
use crate::db::users::{self, Try};
use crate::http::auth::Source;
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
    let ended = jar.get(person::COOKIE).is_some();
    drawn(
        &state,
        jar,
        texts,
        Typed {
            next: wanted.next,
            ..Typed::default()
        },
        ended,
    )
}

/// Tries a name and a password.
pub(super) async fn enter(knock: Knock) -> Shown {
    if let Some(text) = knock.throttled() {
        return knock.refused(text);
    }
    let (app, name) = (&knock.state.app, knock.fields.get("name").to_owned());
    match tried(&knock.state, &name, knock.fields.exact("password")).await? {
        Tried::Right(role) => {
            users::signed_in(&app.pool, app.clock.now(), &name).await?;
            knock.inside(name, role, Source::User).await
        }
        Tried::Wrong => {
            tracing::warn!(name, "a wrong password for the admin pages");
            let text = knock.texts.say(WRONG).to_owned();
            knock.refused(text)
        }
        Tried::Locked(until) => {
            let sentence = knock.texts.say("Too many wrong passwords: this name is locked until");
            let text = format!("{sentence} {} UTC.", until.format("%H:%M"));
            knock.refused(text)
        }
    }
}

/// Tries a token of NodeConductor's.
pub(super) async fn enter_with_token(knock: Knock) -> Shown {
    if let Some(text) = knock.throttled() {
        return knock.refused(text);
    }
    let Some(nodeconductor) = knock.state.app.nodeconductor.clone() else {
        return Err(Failure::not_found());
    };
    let why = match nodeconductor.who(knock.fields.get("token")).await {
        Verdict::Known(identity) => match role(&identity.standing) {
            Some(role) => return knock.inside(identity.name, role, Source::NodeConductor).await,
            None => knock.texts.say("Only NodeConductor's staff and support may come in."),
        },
        Verdict::Refused(_) => knock.texts.say("NodeConductor does not know this token."),
        Verdict::Away => knock
            .texts
            .say("NodeConductor does not answer; try again, or sign in with a password."),
    };
    let why = why.to_owned();
    knock.refused(why)
}

/// Ends the session.
pub(super) async fn leave(State(state): State<AdminState>, session: Session, _: Form) -> Shown {
    session.flush().await?;
    Ok(view::go(&state, "sign-in/"))
}

/// Somebody at the door, with a form of ours.
pub(super) struct Knock {
    state: AdminState,
    session: Session,
    jar: CookieJar,
    texts: Texts,
    address: Option<IpAddr>,
    agent: String,
    fields: Fields,
}

impl FromRequest<AdminState> for Knock {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AdminState) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let session = parts.extensions.get::<Session>().cloned();
        let jar = CookieJar::from_headers(&parts.headers);
        let (texts, (address, agent)) = (Texts::wanted(&parts.headers), whence(&parts, state));
        let fields = form::fields(Request::from_parts(parts, body), state).await?;
        // The word in the cookie is the word in the form.
        let kept = jar.get(COOKIE).map(Cookie::value).unwrap_or_default();
        if !form::same(kept, fields.exact(CSRF)) {
            return Err(Failure::Forged);
        }
        Ok(Self {
            session: session.ok_or(Failure::Forged)?,
            state: state.clone(),
            jar,
            texts,
            address,
            agent,
            fields,
        })
    }
}

impl Knock {
    fn throttled(&self) -> Option<String> {
        let refused = self.state.app.attempts.count(self.address).err()?;
        Some(particulars(refused.body()).join(" "))
    }

    /// The form again, with what is wrong.
    fn refused(self, problem: String) -> Shown {
        let typed = Typed {
            next: self.fields.get("next").to_owned(),
            name: self.fields.get("name").to_owned(),
            problem: Some(problem),
        };
        drawn(&self.state, self.jar, self.texts, typed, false)
    }

    /// Lets him in, which the trail says too, and on to the page that he wanted.
    async fn inside(self, name: String, role: Role, source: Source) -> Shown {
        tracing::info!(name, "signed in to the admin pages");
        let app = &self.state.app;
        let actor = Actor {
            name: name.clone(),
            kind: source.into(),
            role,
            address: self.address,
        };
        trail::note(app, &actor, "sign in", &name).await?;
        let person = SignedIn {
            name,
            // Our own people are looked up with every page.
            role: (source == Source::NodeConductor).then(|| role.word().to_owned()),
            since: Clock::System.now(),
            address: self.address,
            agent: self.agent,
            csrf: form::word(),
        };
        person::sign_in(&self.session, person).await?;
        // Only to a page of ours: an address with a host is another site.
        let (next, own) = (self.fields.get("next"), self.state.page(""));
        let is_ours = next.starts_with(&own) && !next.contains("//") && !next.contains('\\');
        Ok(Redirect::to(if is_ours { next } else { &own }).into_response())
    }
}

enum Tried {
    Right(Role),
    Wrong,
    Locked(chrono::DateTime<chrono::Utc>),
}

/// Counted before it is looked at, so that tries at the same time are not free.
async fn tried(state: &AdminState, name: &str, typed: &str) -> Result<Tried, Failure> {
    let (kept, role) = match users::begin_try(&state.app.pool, state.app.clock.now(), name).await? {
        Try::Locked(until) => return Ok(Tried::Locked(until)),
        Try::Nobody => (None, None),
        Try::Allowed(user) => (Some(user.password_hash), Some(user.role)),
    };
    let right = passwords::matches(typed, kept).await;
    let role = role.filter(|_| right);
    Ok(role.map_or(Tried::Wrong, Tried::Right))
}

const fn role(standing: &Standing) -> Option<Role> {
    match standing {
        Standing::Staff => Some(Role::Staff),
        Standing::Support => Some(Role::Support),
        Standing::Owner(_) => None,
    }
}

/// What was typed before, and what was wrong with it.
#[derive(Default)]
struct Typed {
    next: String,
    name: String,
    problem: Option<String>,
}

fn drawn(state: &AdminState, jar: CookieJar, texts: Texts, typed: Typed, ended: bool) -> Shown {
    let kept = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
    let word = kept.filter(|word| word.len() == 32).unwrap_or_else(form::word);
    let cookie = Cookie::build((COOKIE, word.clone()))
        .path(format!("{}/admin", state.base))
        .http_only(true)
        .secure(state.secure)
        .same_site(SameSite::Strict);
    let page = SignInPage {
        frame: Frame::of_nobody(state, texts, texts.say("Sign in")),
        word,
        next: typed.next,
        name: typed.name,
        problem: typed.problem,
        with_token: state.app.nodeconductor.is_some(),
        ended,
    };
    Ok((jar.add(cookie), view::page(&page)?).into_response())
}
