//! A customer with two machines in a project, invoiced for December and January, as the frontends' pages ask for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use nodeconductor_billing::config::Flavor;
use nodeconductor_billing::db::invoices::InvoiceRow;
use nodeconductor_billing::{http, web};
use rust_decimal::dec;
use serde_json::{Value, json};

use crate::bill::{invoice, item, used};
use crate::support::socket::{Reply, Socket};
use crate::world::{DECEMBER, JANUARY, World as Paper, day};

pub struct Shop {
    pub paper: Paper,
    pub socket: Socket,
    pub owner: String,
    pub january: InvoiceRow,
}

impl Shop {
    pub async fn new() -> Self {
        let mut paper = Paper::new().await;
        let state = &mut paper.service.state;
        state.book = state.documents.book.clone();
        state.http = http::state::HttpSettings::default().into();
        let mut issuer = (*state.documents.issuer).clone();
        (issuer.postal, issuer.country, issuer.phone) = ("50090".into(), "Estonia".into(), "+372 555".into());
        issuer.email = "billing@north.example".into();
        state.documents.issuer = Arc::new(issuer);
        let small = Flavor {
            name: "Small".into(),
            cores: Some(2),
            ram: Some(4096),
            disk: Some(20480),
        };
        state.flavors = Arc::new(BTreeMap::from([("g1.small".to_owned(), small)]));
        paper.service.router = web::router(paper.service.state.clone());
        register(&paper, &details()).await;
        let (one, other) = (
            paper.resource("web-1", "Website").await,
            paper.resource("web-2", "Website").await,
        );
        for of in [one, other] {
            paper.deliver(of, "cpu", "cpu", "2026-01-01", 10, dec!(4)).await;
            paper.deliver(of, "memory", "ram_gb", "2026-01-01", 10, dec!(8)).await;
        }
        let mut december = invoice("40", vec![used(one, "cpu", DECEMBER, dec!(100), dec!(0.5))], vec![]);
        december.invoice_date = day("2026-01-01");
        paper.mirror(&december).await;
        let lines = vec![
            used(one, "cpu", JANUARY, dec!(40), dec!(0.5)),
            used(one, "ram_gb", JANUARY, dec!(80), dec!(0.05)),
            used(other, "cpu", JANUARY, dec!(40), dec!(0.5)),
            item("EXTERNAL_CHARGE", "Consulting", dec!(6)),
            item("TAX", "VAT 20%", dec!(10)),
        ];
        let january = paper.mirror(&invoice("41", lines, vec![])).await;
        let socket = Socket::of(paper.service.router.clone()).await;
        Self {
            owner: paper.service.owner(&[paper.customer]).await,
            january,
            paper,
            socket,
        }
    }

    /// As NodeConductor's customer objects have it.
    pub fn customer(&self) -> String {
        format!("{}/api/customers/{}/", self.socket.url, self.paper.customer.simple())
    }

    /// The owner's browser asks.
    pub async fn get(&self, path: &str) -> Value {
        let reply = self.socket.get_as(&self.owner, path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.shown());
        reply.json()
    }

    /// The invoice of January, as its page asks for it.
    pub async fn invoice(&self) -> Value {
        self.get(&format!("/api/invoices/{}/", self.january.uuid.simple()))
            .await
    }

    /// Somebody's browser sends a form.
    pub async fn send(&self, token: &str, method: &str, path: &str, body: &Value) -> Reply {
        let token = format!("Token {token}");
        let headers = [
            ("authorization", &*token),
            ("content-type", "application/json;charset=UTF-8"),
        ];
        self.socket.send(method, path, &headers, body.to_string()).await
    }
}

/// What NodeConductor registers of the customer.
pub fn details() -> Value {
    json!({ "name": "Žalgiris Institute", "native_name": "Žalgirio institutas", "email": "pay@zalgiris.example", "number": "10042",
            "address": "Gedimino pr. 9\nVilnius", "country": "Lithuania", "postal": "01103", "phone": "+370 555",
            "bank": "Vilniaus bankas", "account": "LT121000011101001000", "vat_code": "LT100001", "registration_code": "111" })
}

pub async fn register(paper: &Paper, body: &Value) {
    let path = format!("/api/customers/{}/", paper.customer.simple());
    let answer = paper.service.call("PUT", &paper.service.pusher, &path, body).await;
    assert!(answer.status.is_success(), "{}", answer.shown());
}

/// What a page prints of a party, under the names of its time.
#[track_caller]
pub fn printed<const N: usize>(party: &Value, keys: [&str; N]) -> [String; N] {
    keys.map(|key| {
        party[key]
            .as_str()
            .unwrap_or_else(|| panic!("{key}: {party}"))
            .to_owned()
    })
}
