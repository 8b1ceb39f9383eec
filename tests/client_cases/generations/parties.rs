//! What an invoice says of who sends and who receives it: what was known when it was first seen, in the API and on paper,
//! whatever comes later.

use std::sync::Arc;

use chrono::TimeDelta;
use nodeconductor_billing::config::Issuer;
use nodeconductor_billing::documents::{DocumentKind, Issuers};
use rust_decimal::dec;
use serde_json::json;
use sqlx::PgPool;

use super::shop::{Shop, details, register};
use crate::bill::{invoice, item};
use crate::printed::Printed;

#[tokio::test]
async fn the_customer_s_details_are_those_of_the_day_in_the_api_and_on_paper() {
    let shop = Shop::new().await;
    let then = shop.invoice().await["customer_details"].clone();
    let mut moved = details();
    (moved["address"], moved["country"], moved["postal"]) = (json!("Lille 4"), json!("Estonia"), json!("80041"));
    register(&shop.paper, &moved).await;
    let march = vec![item("EXTERNAL_CHARGE", "Consulting", dec!(7))];
    let later = shop.paper.mirror(&invoice("42", march, vec![])).await;

    let shown = [
        "50090 Estonia",
        "Registration number 12345678",
        "VAT EE101234567",
        "Žalgiris Institute",
        "Gedimino pr. 9",
        "01103 Lithuania",
        "Registration number 111",
        "VAT LT100001",
        "+370 555",
        "Vilniaus bankas, LT121000011101001000",
    ];
    let pdf = shop.paper.pdf(&shop.january, DocumentKind::Invoice).await.pdf;
    Printed::of(&pdf).shows(&shown);
    assert_eq!(shop.invoice().await["customer_details"], then, "what was issued stays");
    let pdf = shop.paper.pdf(&later, DocumentKind::Invoice).await.pdf;
    Printed::of(&pdf).shows(&["Lille 4", "80041 Estonia"]);
    let details = shop.get(&format!("/api/invoices/{}/", later.uuid.simple())).await["customer_details"].clone();
    assert_eq!([&details["address"], &details["country_name"]], ["Lille 4", "Estonia"]);
}

/// Another company takes over, or moves: what was issued before keeps its sender, also when it is printed only now, or anew.
#[tokio::test]
async fn the_sender_is_that_of_the_day_in_the_api_and_on_paper() {
    let mut shop = Shop::new().await;
    let issuer = |name: &str| Issuer {
        name: name.into(),
        ..Issuer::default()
    };
    let clock = shop.paper.service.state.clock.clone();
    let note = async |pool: &PgPool, name: &str| Issuers::note(pool, clock.now(), &issuer(name)).await.unwrap();
    note(shop.paper.pool(), "").await;
    note(shop.paper.pool(), "Northern Cloud").await;
    clock.set(clock.now() + TimeDelta::days(1));
    note(shop.paper.pool(), "Southern Cloud").await;
    note(shop.paper.pool(), "Southern Cloud").await;
    shop.paper.service.state.documents.issuer = Arc::new(issuer("Southern Cloud"));
    let charge = vec![item("EXTERNAL_CHARGE", "Consulting", dec!(7))];
    let later = shop.paper.mirror(&invoice("42", charge, vec![])).await;
    let rows = shop.get("/api/invoices/").await;
    let names = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["issuer_details"]["name"].clone());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["Southern Cloud", "Northern Cloud", "Northern Cloud"]
    );
    for (row, name) in [(&shop.january, "Northern Cloud"), (&later, "Southern Cloud")] {
        for kind in [DocumentKind::Invoice, DocumentKind::Usage] {
            Printed::of(&shop.paper.pdf(row, kind).await.pdf).shows(&[name]);
        }
    }
}

/// An address stands in the place of the contact details, which stood for it before.
#[tokio::test]
async fn contact_details_stand_for_an_address_that_is_not_known() {
    let shop = Shop::new().await;
    register(
        &shop.paper,
        &json!({ "name": "Alice", "contact_details": "Lille 4\nTartu" }),
    )
    .await;
    let charge = vec![item("EXTERNAL_CHARGE", "Consulting", dec!(7))];
    let row = shop.paper.mirror(&invoice("42", charge, vec![])).await;
    let shown = shop.get(&format!("/api/invoices/{}/", row.uuid.simple())).await["customer_details"].clone();
    assert_eq!(
        [&shown["address"], &shown["vat_code"], &shown["country"]],
        ["Lille 4\nTartu", "", ""]
    );
}

#[tokio::test]
async fn details_that_no_document_can_hold_are_refused_by_name() {
    let shop = Shop::new().await;
    let path = format!("/api/customers/{}/", shop.paper.customer.simple());
    for (field, value) in [
        ("postal", "1".repeat(17)),
        ("country", "x".repeat(51)),
        ("phone", "5".repeat(26)),
        ("vat_code", "EE\t1".to_owned()),
        ("address", "x".repeat(501)),
    ] {
        let mut body = details();
        body[field] = json!(value);
        let answer = shop.send(&shop.paper.service.pusher, "PUT", &path, &body).await;
        assert!(
            answer.status == 400 && answer.json()[field].is_array(),
            "{}",
            answer.shown()
        );
    }
}
