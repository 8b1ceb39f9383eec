//! Who is signed in. The cookie and its random id are a library's, the rows are `db::sessions`'; here is what is in them, and
//! whom a page takes for whom. A person who was revoked, or whose role has changed, is seen as such with the next page.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use time::Duration;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use super::problem::Failure;
use super::state::AdminState;
use crate::db::sessions::Sessions;
use crate::db::tokens::Role;
use crate::db::users;
use crate::http::auth::{Caller, Source};
use crate::http::client_address;

/// Without a page for so long, one is signed out.
const IDLE: Duration = Duration::hours(8);
const PERSON: &str = "person";
/// The session's cookie.
pub(super) const COOKIE: &str = "ncb_session";

/// What a session keeps of its person.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct SignedIn {
    pub(super) name: String,
    /// By NodeConductor's token: the role it said then.
    pub(super) role: Option<String>,
    pub(super) since: DateTime<Utc>,
    pub(super) address: Option<IpAddr>,
    pub(super) agent: String,
    /// What every form has to bring along.
    pub(super) csrf: String,
}

/// The person who asks for a page.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) caller: Caller,
    pub(super) csrf: String,
    pub(super) address: Option<IpAddr>,
}

impl Person {
    /// Whether he may act, and not only look.
    pub(super) fn may_act(&self) -> bool {
        self.caller.role == Role::Staff
    }

    /// Whether his password is ours to change.
    pub(super) fn has_own_password(&self) -> bool {
        self.caller.source == Source::User
    }

    /// # Errors
    /// When he may only look.
    pub(super) fn acting(&self) -> Result<(), Failure> {
        if self.may_act() {
            Ok(())
        } else {
            Err(Failure::NotAllowed)
        }
    }
}

/// The layer that reads and writes the cookie.
pub(super) fn sessions(state: &AdminState) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(Sessions(state.app.pool.clone()))
        .with_name(COOKIE)
        .with_path(format!("{}/admin", state.base))
        .with_same_site(SameSite::Lax)
        .with_secure(state.secure)
        .with_expiry(Expiry::OnInactivity(IDLE))
        .with_always_save(true)
}

/// Signs a person in: under a new id, so that one who knew the old one knows nothing.
pub(super) async fn sign_in(session: &Session, person: SignedIn) -> Result<(), Failure> {
    session.cycle_id().await?;
    session.insert(PERSON, person).await?;
    Ok(())
}

/// Where a request comes from: the program and the address.
pub(super) fn whence(parts: &Parts, state: &AdminState) -> (Option<IpAddr>, String) {
    let address = client_address::of(parts, &state.app.http.trusted_proxies);
    (address, agent(&parts.headers))
}

fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    agent.unwrap_or_default().chars().take(200).collect()
}

impl FromRequestParts<AdminState> for Person {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Failure> {
        // Everything that a handler takes asks who it is; the database is asked once.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let ended = Failure::SignedOut(parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default());
        let Some(session) = parts.extensions.get::<Session>().cloned() else {
            return Err(ended);
        };
        let Some(signed_in) = session.get::<SignedIn>(PERSON).await? else {
            return Err(ended);
        };
        let Some((role, source)) = standing(state, &signed_in).await? else {
            session.flush().await?;
            return Err(ended);
        };
        let caller = Caller {
            name: signed_in.name,
            role,
            customers: Vec::new(),
            source,
        };
        tracing::Span::current().record("caller", caller.name.as_str());
        let person = Self {
            caller,
            csrf: signed_in.csrf,
            address: client_address::of(parts, &state.app.http.trusted_proxies),
        };
        parts.extensions.insert(person.clone());
        Ok(person)
    }
}

/// What he may be today; none when he may not come in any more.
async fn standing(state: &AdminState, signed_in: &SignedIn) -> sqlx::Result<Option<(Role, Source)>> {
    match signed_in.role.as_deref() {
        Some(role) => Ok(role.parse().ok().map(|role| (role, Source::NodeConductor))),
        None => Ok(users::find(&state.app.pool, &signed_in.name)
            .await?
            .map(|user| (user.role, Source::User))),
    }
}
