//! The service's router in process, with tokens, as a client sees it.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use chrono::{DateTime, Utc};
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::db::Backends;
use nodeconductor_billing::db::prices::PriceBook;
use nodeconductor_billing::db::tokens::{self, Role};
use nodeconductor_billing::documents::Documents;
use nodeconductor_billing::http::attempts::Attempts;
use nodeconductor_billing::http::metrics;
use nodeconductor_billing::http::seats::Seats;
use nodeconductor_billing::http::state::{AppState, HttpSettings};
use nodeconductor_billing::pdf::Renderer;
use nodeconductor_billing::signals::Signals;
use nodeconductor_billing::web;
use serde_json::Value;
use sqlx::PgPool;
use tower::ServiceExt;
use uuid::Uuid;

use super::database::TestDatabase;

static RENDERER: LazyLock<Renderer> = LazyLock::new(|| Renderer::new(&[]).unwrap());

async fn meter(pool: &PgPool, name: &str) -> i16 {
    let insert = "insert into meter (name) values ($1) returning id";
    sqlx::query_scalar(insert).bind(name).fetch_one(pool).await.unwrap()
}

#[allow(dead_code, reason = "not every test binary uses all of it")]
/// A router over a fresh database, and one token of each role.
pub struct Service {
    pub database: TestDatabase,
    pub state: AppState,
    pub router: Router,
    pub staff: String,
    pub support: String,
    pub pusher: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Service {
    /// At noon of 1 March 2026.
    pub async fn start() -> Self {
        Self::with(HttpSettings {
            public_url: Some("https://billing.test".into()),
            ..HttpSettings::default()
        })
        .await
    }

    pub async fn with(http: HttpSettings) -> Self {
        let database = TestDatabase::fresh().await;
        let now: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let http = HttpSettings {
            notification_secret: "s3cret".into(),
            ..http
        };
        let (book, clock) = (PriceBook::new(Vec::new(), BTreeMap::new(), "USD"), Clock::manual(now));
        let documents = Documents {
            pool: database.pool.clone(),
            clock: clock.clone(),
            renderer: RENDERER.clone(),
            book: book.clone(),
            issuer: Arc::default(),
            payment_days: 14,
        };
        let state = AppState {
            pool: database.pool.clone(),
            pushes: database.pool.clone(),
            backends: Backends::new(database.pool.clone()),
            seats: Seats::new(1000),
            clock,
            http: http.into(),
            signals: Signals::default(),
            nodeconductor: None,
            attempts: Attempts::new(Duration::ZERO, 0),
            metrics: metrics::recorder(),
            flavors: Arc::default(),
            book,
            documents,
            mailer: None,
            settings: None,
            meters: Arc::new(HashMap::from([("cpu".to_owned(), meter(&database.pool, "cpu").await)])),
        };
        let token = async |role: Role| {
            tokens::create(&database.pool, now, role.word(), role, &[])
                .await
                .unwrap()
        };
        let (staff, support, pusher) = (
            token(Role::Staff).await,
            token(Role::Support).await,
            token(Role::Pusher).await,
        );
        Self {
            router: web::router(state.clone()),
            database,
            state,
            staff,
            support,
            pusher,
        }
    }

    pub const fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    /// A token that sees only these customers.
    pub async fn owner(&self, customers: &[Uuid]) -> String {
        let name = Uuid::new_v4().to_string();
        tokens::create(self.pool(), self.state.clock.now(), &name, Role::Owner, customers)
            .await
            .unwrap()
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.call("GET", token, path, "").await
    }

    pub async fn call(&self, method: &str, token: &str, path: &str, body: impl ToString) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Token {token}"));
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

#[allow(dead_code, reason = "not every test binary uses all of it")]
impl Answer {
    /// The body as JSON; anything else is shown as text.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| String::from_utf8_lossy(&self.body).into())
    }

    /// The body as indented JSON, for a snapshot.
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(&self.json()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and body at a glance.
    pub fn shown(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.json())
    }
}
