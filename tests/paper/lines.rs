//! Invoice lines across invoices, as a list and as a file.

use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use crate::bill::{invoice, item, used};
use crate::world::{JANUARY, World};

/// An invoice of usage and a credit, and one more.
async fn two() -> World {
    let world = World::new().await;
    let web = world.resource("-web-1", "Shop, online").await;
    let lines = vec![
        used(web, "cpu", JANUARY, dec!(10), dec!(0.5)),
        item("CREDIT_ADJ", "Goodwill", dec!(-2.50)),
    ];
    world.mirror(&invoice("41", lines, vec![])).await;
    world
        .mirror(&invoice(
            "42",
            vec![item("EXTERNAL_CHARGE", "Consulting", dec!(100))],
            vec![],
        ))
        .await;
    world
}

#[tokio::test]
async fn lines_of_several_invoices_are_listed_with_their_invoices() {
    let world = two().await;
    let service = &world.service;
    let owner = service.owner(&[world.customer]).await;
    let all = service.get(&owner, "/api/invoice-items/").await;
    assert_eq!(all.header("x-result-count"), "3", "{}", all.shown());
    let first = &all.json()[0];
    assert_eq!(
        (&first["invoice_number"], &first["kind"]),
        (&json!("41"), &json!("usage"))
    );
    assert_eq!((&first["amount"], &first["currency"]), (&json!("5.00"), &json!("EUR")));
    for (query, count) in [
        ("kind=credit", "1"),
        ("year=2026&month=02", "3"),
        ("start=2026-02-02", "0"),
        ("currency=eur&kind=charge", "1"),
        ("meter=cpu", "0"),
        ("status=Committed", "3"),
        ("status=void", "0"),
    ] {
        let found = service.get(&owner, &format!("/api/invoice-items/?{query}")).await;
        assert_eq!(found.header("x-result-count"), count, "{query}");
    }
    let stranger = service.owner(&[Uuid::new_v4()]).await;
    assert_eq!(
        service
            .get(&stranger, "/api/invoice-items/")
            .await
            .header("x-result-count"),
        "0"
    );
    assert_eq!(service.get(&owner, "/api/invoice-items/?kind=lunch").await.status, 400);
}

#[tokio::test]
async fn lines_are_saved_as_csv_of_one_invoice_or_of_all() {
    let world = two().await;
    let service = &world.service;
    let text = async |path: &str| {
        let answer = service.get(&service.staff, path).await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
        String::from_utf8(answer.body).unwrap()
    };
    let all = text("/api/invoice-items/?format=csv").await;
    let lines: Vec<&str> = all.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("invoice_uuid,invoice_number,invoice_date,customer_uuid,customer_name,uuid,"));
    assert!(
        lines[1].contains(",\"Shop, online\",") && lines[1].contains(",'-web-1,"),
        "{}",
        lines[1]
    );
    assert!(
        lines[1].contains(",2026-01-01,2026-02-01,10,0.5,5,EUR,")
            && lines[1].ends_with(",USAGE,,false,committed,unpaid"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].contains(",-2.5,EUR,"),
        "a negative amount stays a number: {}",
        lines[2]
    );
    sqlx::query("update invoice set status = 'VOID' where number = '42'")
        .execute(service.pool())
        .await
        .unwrap();
    sqlx::query("update invoice_item set gone_at = now() where kind = 'credit'")
        .execute(service.pool())
        .await
        .unwrap();
    let all = text("/api/invoice-items/?format=csv").await;
    let ends: Vec<&str> = all
        .split_terminator("\r\n")
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.rsplitn(4, ',').collect();
            line.get(line.len() - cells[..3].join(",").len()..).unwrap()
        })
        .collect();
    assert_eq!(
        ends,
        ["false,committed,unpaid", "true,committed,unpaid", "false,void,void"],
        "what is not owed can be told"
    );
    let invoices = service.get(&service.staff, "/api/invoices/?o=amount").await.json();
    let one = invoices[0]["uuid"].as_str().unwrap();
    let of_one = text(&format!("/api/invoices/{one}/items/?format=csv")).await;
    assert_eq!(of_one.lines().count(), 3);
}
