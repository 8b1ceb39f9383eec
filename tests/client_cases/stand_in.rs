//! A stand-in for the two addresses of NodeConductor that we call, in the documented shapes of its three generations,
//! with the ways in which it can fail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::socket::served;

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
    Error,
    Page,
    Silence,
    Elsewhere,
    Everybody,
}

#[derive(Clone, Debug, Default)]
pub struct Person {
    pub uuid: Uuid,
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
    asked: Vec<String>,
}

impl StandIn {
    pub async fn start(generation: Generation) -> Self {
        let inner = Arc::new(Mutex::new(Inner {
            generation,
            people: HashMap::new(),
            refusal: "Invalid token.",
            fault: None,
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

    /// How often somebody was asked for by either address.
    pub fn asked(&self) -> usize {
        let inner = self.inner.lock().unwrap();
        inner.asked.iter().filter(|path| path.starts_with("users")).count()
    }

    /// The tokens that it was shown.
    pub fn shown(&self, token: &str) -> bool {
        self.inner
            .lock()
            .unwrap()
            .asked
            .iter()
            .any(|asked| asked.contains(token))
    }
}

type Shared = State<Arc<Mutex<Inner>>>;

/// Whoever holds the token, after whatever is to go wrong.
async fn holder(inner: &Shared, headers: &HeaderMap, path: &str) -> Result<(Generation, Person), Response> {
    let token = headers
        .get(header::AUTHORIZATION)
        .map_or("", |value| value.to_str().unwrap());
    let (fault, found) = {
        let mut inner = inner.lock().unwrap();
        inner.asked.push(format!("{path} {token}"));
        let person = token
            .strip_prefix("Token ")
            .and_then(|token| inner.people.get(token))
            .cloned();
        (
            inner.fault,
            person.map(|person| (inner.generation, person)).ok_or(inner.refusal),
        )
    };
    match fault {
        Some(Fault::Error) => return Err(StatusCode::BAD_GATEWAY.into_response()),
        Some(Fault::Page) => return Err(Html("<h1>Maintenance</h1>").into_response()),
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Elsewhere) => {
            return Err((StatusCode::FOUND, [(header::LOCATION, "/api/users/me/?again")]).into_response());
        }
        Some(Fault::Everybody) | None => {}
    }
    found.map_err(|words| (StatusCode::UNAUTHORIZED, Json(json!({ "detail": words }))).into_response())
}

fn user(person: &Person, generation: Generation, host: &str) -> Value {
    let mut user = json!({
        "url": format!("http://{host}/api/users/{}/", person.uuid.simple()), "uuid": person.uuid.simple().to_string(),
        "username": "alice", "full_name": "Alice Lebowski", "is_active": true,
    });
    // Whether somebody is staff was shown to staff alone.
    if person.staff || generation != Generation::First {
        user["is_staff"] = person.staff.into();
    }
    let role = |customer: &Uuid, role: &str, end: Value| match generation {
        Generation::Newest => {
            json!({ "user_uuid": person.uuid.simple().to_string(), "role_name": format!("CUSTOMER.{role}"),
            "scope_type": "customer", "scope_uuid": customer.simple().to_string(), "expiration_time": end })
        }
        _ => json!({ "url": format!("http://{host}/api/customer-permissions/7/"), "role": role.to_lowercase(),
            "customer_uuid": customer.simple().to_string(), "customer_name": "Ministry", "expiration_time": end }),
    };
    let owned = person.owns.iter().map(|customer| role(customer, "OWNER", Value::Null));
    let managed = person
        .manages
        .iter()
        .map(|customer| role(customer, "MANAGER", Value::Null));
    let ended = person
        .owned_until_2020
        .iter()
        .map(|customer| role(customer, "OWNER", json!("2020-01-01T00:00:00.000Z")));
    let roles: Vec<Value> = owned.chain(managed).chain(ended).collect();
    match generation {
        Generation::First => return user,
        Generation::Later => user["customer_permissions"] = roles.into(),
        Generation::Newest => user["permissions"] = roles.into(),
    }
    user["is_support"] = person.support.into();
    user
}

fn host(headers: &HeaderMap) -> &str {
    headers[header::HOST].to_str().unwrap()
}

async fn me(inner: Shared, headers: HeaderMap) -> Response {
    match holder(&inner, &headers, "users/me").await {
        Err(answer) => answer,
        Ok((Generation::First, _)) => (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not found." }))).into_response(),
        Ok((generation, person)) => Json(user(&person, generation, host(&headers))).into_response(),
    }
}

async fn users(inner: Shared, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let (generation, person) = match holder(&inner, &headers, "current").await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let mut all = vec![user(&person, generation, host(&headers))];
    if !query.contains_key("current") || inner.lock().unwrap().fault == Some(Fault::Everybody) {
        all.insert(
            0,
            user(
                &Person {
                    uuid: Uuid::new_v4(),
                    staff: true,
                    ..Person::default()
                },
                generation,
                host(&headers),
            ),
        );
    }
    Json(all).into_response()
}

/// Two rows on a page, and among them the other owners of the same customers: a server that does not know `user_url`.
async fn permissions(inner: Shared, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let person = match holder(&inner, &headers, "permissions").await {
        Ok((_, person)) => person,
        Err(answer) => return answer,
    };
    let row = |customer: &Uuid, user: Uuid, role: &str| {
        json!({ "url": format!("http://{0}/api/customer-permissions/71/", host(&headers)), "role": role,
            "customer": format!("http://{}/api/customers/{}/", host(&headers), customer.simple()),
            "user": format!("http://{}/api/users/{}/", host(&headers), user.simple()) })
    };
    let own = person.owns.iter().map(|customer| row(customer, person.uuid, "owner"));
    let others = person
        .manages
        .iter()
        .map(|customer| row(customer, Uuid::new_v4(), "owner"));
    let rows: Vec<Value> = others.chain(own).collect();
    let page: usize = query["page"].parse().unwrap();
    let shown: Vec<&Value> = rows.iter().skip((page - 1) * 2).take(2).collect();
    if shown.is_empty() && page > 1 {
        return (StatusCode::NOT_FOUND, Json(json!({ "detail": "Invalid page." }))).into_response();
    }
    ([("x-result-count", rows.len().to_string())], Json(shown)).into_response()
}
