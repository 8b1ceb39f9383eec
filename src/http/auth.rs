//! Who calls: `Authorization: Token <key>`, or `?x-auth-token=` with or without the word `Token`. The key is one of our
//! own, or one of NodeConductor's, if it is configured.
//! The answers to every wrong way are NodeConductor's, word for word (nodeconductor.md 2.2).

mod key;

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::client_address;
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::audit::ActorKind;
use crate::db::tokens::{self, Role, Token};
use crate::nodeconductor::{Identity, Standing, Verdict};

/// The holder of a live token. As an argument of a handler: any role may call it.
#[derive(Clone, Debug)]
pub struct Caller {
    pub name: String,
    pub role: Role,
    /// An owner's customers.
    pub customers: Vec<Uuid>,
    /// What it came with.
    pub source: Source,
}

/// What a caller came with. The trail knows the command line besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A token of ours.
    Token,
    /// NodeConductor's own token.
    NodeConductor,
    /// Signed in to the admin pages, which ask the API in the person's name.
    User,
}

impl From<Source> for ActorKind {
    fn from(source: Source) -> Self {
        match source {
            Source::Token => Self::Token,
            Source::NodeConductor => Self::NodeConductor,
            Source::User => Self::User,
        }
    }
}

/// That somebody was refused already, for whoever would identify him again: a token is tried once for a request.
#[derive(Clone)]
pub struct Turned(Arc<Mutex<Option<Problem>>>);

impl Turned {
    /// With the refusal.
    #[must_use]
    pub fn new(problem: Problem) -> Self {
        Self(Arc::new(Mutex::new(Some(problem))))
    }

    fn take(&self) -> Option<Problem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Caller {
    /// Whether it may push usage and register customers and resources.
    #[must_use]
    pub const fn may_push(&self) -> bool {
        matches!(self.role, Role::Staff | Role::Pusher)
    }

    /// Whether it may read everything.
    #[must_use]
    pub const fn may_read_all(&self) -> bool {
        matches!(self.role, Role::Staff | Role::Support)
    }

    /// Whose invoices, estimates and reports it may see; `None` is everybody's. A pusher sees nobody's.
    #[must_use]
    pub fn visible_customers(&self) -> Option<&[Uuid]> {
        if self.may_read_all() {
            None
        } else {
            Some(&self.customers)
        }
    }

    /// Whether it may change what a customer decides for itself: overrides, limits, manual estimates.
    #[must_use]
    pub fn may_decide_for(&self, customer: Uuid) -> bool {
        self.role == Role::Staff || self.role == Role::Owner && self.customers.contains(&customer)
    }

    /// Whose registrations and usage records it may see; `None` is everybody's. A pusher sees all: it writes them.
    #[must_use]
    pub fn visible_usage(&self) -> Option<&[Uuid]> {
        if self.role == Role::Pusher {
            None
        } else {
            self.visible_customers()
        }
    }
}

/// A layer around the API: finds out who calls, once for all that stands within it. What is refused here says the handler, where
/// the request has one.
pub async fn identify(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if *request.method() == Method::OPTIONS || !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    match Caller::from_request_parts(&mut parts, &state).await {
        Ok(caller) => drop(parts.extensions.insert(caller)),
        Err(problem) => drop(parts.extensions.insert(Turned::new(problem))),
    }
    next.run(Request::from_parts(parts, body)).await
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        // Extensions come from within this process only.
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        if let Some(problem) = parts.extensions.get::<Turned>().and_then(Turned::take) {
            return Err(problem);
        }
        let key = key::presented(parts)?;
        let address = client_address::of(parts, &state.http.trusted_proxies);
        let attempt = state.attempts.begin(&key, address)?;
        if let Some(words) = attempt.refused {
            return Err(refused(words));
        }
        match identified(state, &key).await? {
            Ok(caller) => {
                attempt.good();
                tracing::Span::current().record("caller", caller.name.as_str());
                Ok(caller)
            }
            Err(words) => {
                attempt.bad(words);
                Err(refused(words))
            }
        }
    }
}

/// Whose token it is, or the words that refuse it.
type Identified = Result<Caller, &'static str>;

async fn identified(state: &AppState, key: &str) -> Answer<Identified> {
    // Not behind the reads: who comes when they have all their connections is to be told so at once.
    match tokens::find(&state.pushes, key).await? {
        Some(token) => Ok(own(token)),
        None => introspected(state, key).await,
    }
}

/// One of our own tokens.
fn own(token: Token) -> Identified {
    if token.revoked_at.is_some() {
        return Err("User inactive or deleted.");
    }
    Ok(Caller {
        name: token.name,
        role: token.role,
        customers: token.customers,
        source: Source::Token,
    })
}

/// A token that is not ours may be NodeConductor's. While that cannot be found out, nobody is let in.
async fn introspected(state: &AppState, key: &str) -> Answer<Identified> {
    let Some(nodeconductor) = state.nodeconductor.as_ref().filter(|_| key::may_be_token(key)) else {
        return Ok(Err("Invalid token."));
    };
    match nodeconductor.who(key).await {
        Verdict::Known(identity) => Ok(Ok(identity.into())),
        Verdict::Refused(words) => Ok(Err(words)),
        Verdict::Away => {
            let detail = "NodeConductor cannot be asked whose token this is; try again.";
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "identity_unavailable", detail);
            Err(problem.header(header::RETRY_AFTER, HeaderValue::from_static("5")))
        }
    }
}

impl From<Identity> for Caller {
    /// Who owns no customer sees no customer's things: an empty list, and 404.
    fn from(Identity { name, standing }: Identity) -> Self {
        let (role, customers) = match standing {
            Standing::Staff => (Role::Staff, Vec::new()),
            Standing::Support => (Role::Support, Vec::new()),
            Standing::Owner(customers) => (Role::Owner, customers),
        };
        Self {
            name,
            role,
            customers,
            source: Source::NodeConductor,
        }
    }
}

/// A caller who may do everything.
#[derive(Clone, Debug)]
pub struct Staff(pub Caller);

/// A caller who may read everything.
#[derive(Clone, Debug)]
pub struct MayReadAll(pub Caller);

/// A caller who may register customers and resources and push usage.
#[derive(Clone, Debug)]
pub struct MayPush(pub Caller);

impl FromRequestParts<AppState> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        allowed(parts, state, |caller| caller.role == Role::Staff)
            .await
            .map(Self)
    }
}

impl FromRequestParts<AppState> for MayReadAll {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        allowed(parts, state, Caller::may_read_all).await.map(Self)
    }
}

impl FromRequestParts<AppState> for MayPush {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        allowed(parts, state, Caller::may_push).await.map(Self)
    }
}

async fn allowed(parts: &mut Parts, state: &AppState, rule: fn(&Caller) -> bool) -> Result<Caller, Problem> {
    let caller = Caller::from_request_parts(parts, state).await?;
    if rule(&caller) {
        Ok(caller)
    } else {
        Err(Problem::forbidden())
    }
}

fn missing() -> Problem {
    unauthorized("not_authenticated", "Authentication credentials were not provided.")
}

fn refused(detail: &str) -> Problem {
    unauthorized("authentication_failed", detail)
}

fn unauthorized(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Token"))
}
