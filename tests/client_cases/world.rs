//! A server on a socket with two customers and their invoices, and a client that speaks plain HTTP to it.

#![allow(dead_code, reason = "every case uses its own part of this")]

use nodeconductor_billing::http::state::HttpSettings;
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::rows;
use crate::support::socket::{Reply, Socket};
use crate::support::web::Service;

pub struct World {
    pub service: Service,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    pub alice: Uuid,
    pub bob: Uuid,
    pub socket: Socket,
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
        let socket = Socket::of(service.router.clone()).await;
        let world = Self {
            service,
            url: socket.url.clone(),
            socket,
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
        self.get_as(&self.service.staff, path).await
    }

    /// The holder of a token asks.
    pub async fn get_as(&self, token: &str, path: &str) -> Reply {
        self.socket.get_as(token, path).await
    }

    /// Somebody asks, with these headers and no others.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send(method, path, headers, String::new()).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Reply {
        self.socket.send(method, path, headers, body).await
    }
}
