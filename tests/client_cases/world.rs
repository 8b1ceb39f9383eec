//! A server on a socket with two customers and their invoices, and a client that speaks plain HTTP to it.

#![allow(dead_code, reason = "every case uses its own part of this")]

use nodeconductor_billing::http::state::HttpSettings;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::rows;
use crate::support::web::Service;

pub struct World {
    pub service: Service,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    pub alice: Uuid,
    pub bob: Uuid,
    client: Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl World {
    pub async fn new() -> Self {
        Self::of(
            Service::with(HttpSettings {
                cors_origins: vec!["https://hp.test".into()],
                ..HttpSettings::default()
            })
            .await,
        )
        .await
    }

    /// The same around a service that a test has set up.
    pub async fn of(service: Service) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let url = served(service.router.clone()).await;
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        let world = Self {
            service,
            url,
            client,
            alice: Uuid::from_u128(0x211c_a332_7de9_4589_9375_749b_d55d_ae4a),
            bob: Uuid::from_u128(0x7313_b7c0_5d4a_4f1f_9d37_0f6d_5f0e_0b0b),
        };
        world.customer(world.alice, "Alice", "Alice C.", "ALI").await;
        world.customer(world.bob, "Bob \"items\" & Söhne", "", "BOB").await;
        world
    }

    pub fn pool(&self) -> &PgPool {
        self.service.pool()
    }

    pub async fn customer(&self, uuid: Uuid, name: &str, native_name: &str, abbreviation: &str) {
        sqlx::query(
            "insert into customer (uuid, name, native_name, abbreviation, created_at, updated_at)
             values ($1, $2, $3, $4, '2026-01-01', '2026-01-01')",
        )
        .bind(uuid)
        .bind(name)
        .bind(native_name)
        .bind(abbreviation)
        .execute(self.pool())
        .await
        .unwrap();
    }

    /// An invoice that is still owed.
    pub async fn invoice(&self, customer: Uuid, number: &str, date: &str, amount: Decimal) -> Uuid {
        let uuid = Uuid::new_v4();
        rows::invoice(self.pool(), uuid, customer, (number, date), amount).await;
        uuid
    }

    /// Sets columns of an invoice.
    pub async fn change(&self, invoice: Uuid, assignments: &'static str) {
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "update invoice set {assignments} where uuid = $1"
        )))
        .bind(invoice)
        .execute(self.pool())
        .await
        .unwrap();
    }

    /// A line of an invoice, after those that are there.
    pub async fn item(&self, invoice: Uuid, kind: (&str, &str), name: &str, amount: Decimal) -> Uuid {
        let uuid = Uuid::new_v4();
        rows::item(self.pool(), uuid, invoice, kind, (name, amount)).await;
        uuid
    }

    /// Staff asks.
    pub async fn get(&self, path: &str) -> Reply {
        let token = format!("Token {}", self.service.staff);
        self.ask("GET", path, &[("authorization", &token)]).await
    }

    /// Somebody asks, with these headers and no others.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send(method, path, headers, String::new()).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Reply {
        let method: Method = method.parse().unwrap();
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.url)
        };
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    name.parse::<HeaderName>().unwrap(),
                    HeaderValue::try_from(*value).unwrap(),
                )
            })
            .collect();
        let answer = self
            .client
            .request(method, url)
            .headers(headers)
            .body(body)
            .send()
            .await
            .unwrap();
        Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.bytes().await.unwrap().to_vec(),
        }
    }
}

/// Serves on a free port for as long as the test's runtime lives.
pub async fn served(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| String::from_utf8_lossy(&self.body).into())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and body at a glance.
    pub fn shown(&self) -> String {
        format!("{} {}", self.status, self.text())
    }

    /// One key of every row, joined by spaces.
    pub fn all(&self, key: &str) -> String {
        let rows = self.json();
        let rows = rows.as_array().unwrap_or_else(|| panic!("{}", self.shown()));
        let texts = rows.iter().map(|row| row[key].as_str().unwrap_or("-").to_owned());
        texts.collect::<Vec<_>>().join(" ")
    }
}
