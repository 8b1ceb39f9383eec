//! A stand-in for the addresses of NodeConductor that we call, in the documented shapes of its three generations, with
//! the ways in which it can fail. `answers` has the shapes.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

mod answers;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use nodeconductor_billing::nodeconductor::{Connection, NodeConductor};
use nodeconductor_billing::web;
use serde_json::json;
use uuid::Uuid;

use super::world::World;
use crate::support::socket::served;
use crate::support::web::Service;
use answers::{me, permissions, users};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// 2015: `/api/users/?current=` and `/api/customer-permissions/`.
    First,
    /// 2017 to 2022: `/api/users/me/` with `customer_permissions`.
    Later,
    /// Since 2023: `/api/users/me/` with `permissions`.
    Newest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A gateway's page with this status, whatever was asked.
    Page(u16),
    Silence,
    Elsewhere,
    Everybody,
    /// There is no list of permissions.
    NoList,
    /// The list breaks off after its first page: the second is not there, or has nothing.
    NoSecondPage,
    EmptySecondPage,
}

/// How it says that a list goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    Count,
    Link,
}

#[derive(Clone, Debug, Default)]
pub struct Person {
    pub uuid: Uuid,
    pub inactive: bool,
    pub staff: bool,
    pub support: bool,
    pub owns: Vec<Uuid>,
    pub manages: Vec<Uuid>,
    pub owned_until_2020: Vec<Uuid>,
}

/// It lives as long as the test's runtime.
#[derive(Clone)]
pub struct StandIn {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    generation: Generation,
    people: HashMap<String, Person>,
    refusal: &'static str,
    fault: Option<Fault>,
    /// It never says whose this is.
    unanswered: Option<String>,
    paging: Paging,
    asked: Vec<String>,
}

impl Person {
    /// Nobody in particular.
    pub fn new() -> Self {
        Self {
            uuid: Uuid::new_v4(),
            ..Self::default()
        }
    }

    pub fn owning(customers: &[Uuid]) -> Self {
        Self {
            owns: customers.to_vec(),
            ..Self::new()
        }
    }

    pub fn staff() -> Self {
        Self {
            staff: true,
            ..Self::new()
        }
    }

    pub fn support() -> Self {
        Self {
            support: true,
            ..Self::new()
        }
    }
}

impl StandIn {
    pub async fn start(generation: Generation) -> Self {
        let inner = Arc::new(Mutex::new(Inner {
            generation,
            people: HashMap::new(),
            refusal: "Invalid token.",
            fault: None,
            unanswered: None,
            paging: Paging::Count,
            asked: Vec::new(),
        }));
        let router = Router::new()
            .route("/api/users/me/", get(me))
            .route("/api/users/", get(users))
            .route("/api/customer-permissions/", get(permissions))
            .with_state(inner.clone());
        let url = format!("{}/api/", served(router).await);
        Self { url, inner }
    }

    /// A service beside it that keeps what it says for so long.
    pub async fn world(&self, cache: Duration) -> World {
        self.world_waiting(cache, Duration::from_millis(700)).await
    }

    /// The same, with so much time to say who is calling.
    pub async fn world_waiting(&self, cache: Duration, timeout: Duration) -> World {
        let mut service = Service::start().await;
        let connection = Connection {
            url: self.url.parse().unwrap(),
            cache,
            timeout,
            ca: vec![],
        };
        let clock = service.state.clock.clone();
        service.state.nodeconductor = Some(NodeConductor::new(connection, clock).unwrap());
        service.router = web::router(service.state.clone());
        World::of(service).await
    }

    /// Issues a token to somebody, or gives its holder another standing.
    pub fn know(&self, token: &str, person: Person) {
        self.inner.lock().unwrap().people.insert(token.to_owned(), person);
    }

    pub fn revoke(&self, token: &str, refusal: &'static str) {
        let mut inner = self.inner.lock().unwrap();
        inner.people.remove(token);
        inner.refusal = refusal;
    }

    pub fn fail(&self, fault: Option<Fault>) {
        self.inner.lock().unwrap().fault = fault;
    }

    pub fn never_answer_for(&self, token: &str) {
        self.inner.lock().unwrap().unanswered = Some(token.to_owned());
    }

    pub fn page_by(&self, paging: Paging) {
        self.inner.lock().unwrap().paging = paging;
    }

    /// How often somebody was asked for by either address.
    pub fn asked(&self) -> usize {
        let inner = self.inner.lock().unwrap();
        inner.asked.iter().filter(|path| path.starts_with("users")).count()
    }

    /// Whether it was shown that token.
    pub fn shown(&self, token: &str) -> bool {
        self.times_shown(token) > 0
    }

    pub fn times_shown(&self, token: &str) -> usize {
        let inner = self.inner.lock().unwrap();
        inner.asked.iter().filter(|asked| asked.contains(token)).count()
    }
}

type Shared = State<Arc<Mutex<Inner>>>;

/// Whoever holds the token, after whatever is to go wrong.
async fn holder(inner: &Shared, headers: &HeaderMap, path: &str) -> Result<(Generation, Person), Response> {
    let token = headers
        .get(header::AUTHORIZATION)
        .map_or("", |value| value.to_str().unwrap());
    let (fault, unanswered, found) = {
        let mut inner = inner.lock().unwrap();
        inner.asked.push(format!("{path} {token}"));
        let person = token
            .strip_prefix("Token ")
            .and_then(|token| inner.people.get(token))
            .cloned();
        (
            inner.fault,
            inner.unanswered.as_ref().is_some_and(|slow| token.ends_with(slow)),
            person.map(|person| (inner.generation, person)).ok_or(inner.refusal),
        )
    };
    if unanswered {
        std::future::pending::<()>().await;
    }
    match fault {
        Some(Fault::Page(status)) => {
            let status = StatusCode::from_u16(status).unwrap();
            return Err((status, Html("<h1>Maintenance</h1>")).into_response());
        }
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Elsewhere) => {
            return Err((StatusCode::FOUND, [(header::LOCATION, "/api/users/me/?again")]).into_response());
        }
        _ => {}
    }
    found.map_err(|words| (StatusCode::UNAUTHORIZED, Json(json!({ "detail": words }))).into_response())
}
