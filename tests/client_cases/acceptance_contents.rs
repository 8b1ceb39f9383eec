//! The acceptance cases about what an invoice says: its documents, its items, names and currencies.

use rust_decimal::dec;
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn case_pdf_404_text_download_header_and_file_names() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "17", "2015-08-25", dec!(319)).await.simple();
    world
        .item(uuid.into_uuid(), ("EXTERNAL_CHARGE", "charge"), "Consulting", dec!(319))
        .await;
    for family in ["invoices", "killbill-invoices"] {
        for (path, name, none) in [
            ("pdf", "2015-08-25-invoice-17.pdf", "There's no PDF for this invoice"),
            (
                "usage_pdf",
                "2015-08-25-invoice-17-usage.pdf",
                "There's no usage PDF for this invoice",
            ),
        ] {
            let address = format!("/api/{family}/{uuid}/{path}/");
            let shown = world.get(&address).await;
            assert_eq!((shown.status, shown.header("content-type")), (200, "application/pdf"));
            assert!(shown.body.starts_with(b"%PDF-") && shown.header("content-disposition").starts_with("inline"));
            for download in ["1", "true"] {
                let saved = world.get(&format!("{address}?download={download}")).await;
                assert_eq!(
                    saved.header("content-disposition"),
                    format!("attachment; filename=\"{name}\"")
                );
            }
            let no_version = world.get(&format!("{address}?version=99")).await;
            assert_eq!(
                (no_version.status, no_version.json()["detail"].as_str()),
                (404, Some(none))
            );
        }
        let dash = world.get(&format!("/api/{family}/{uuid}/usage-pdf/")).await;
        assert_eq!(dash.status, 404, "usage_pdf is written with an underscore");
    }
}

/// Section 10: "items numbers vs invoice string".
#[tokio::test]
async fn case_an_invoice_s_amount_is_text_and_its_items_are_numbers() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "17", "2026-02-01", dec!(12.95)).await;
    world
        .item(uuid, ("EXTERNAL_CHARGE", "charge"), "Consulting", dec!(12.95))
        .await;
    let invoice = world
        .get(&format!("/api/killbill-invoices/{}/", uuid.simple()))
        .await
        .json();
    let items = world
        .get(&format!("/api/killbill-invoices/{}/items/", uuid.simple()))
        .await
        .json();
    assert_eq!(
        (&invoice["amount"], items[0]["amount"].is_number()),
        (&json!("12.95"), true)
    );
    for key in ["backend_id", "name", "project", "resource", "service", "currency"] {
        assert!(items[0][key].is_string(), "{key}");
    }
}

/// 150 characters, quotes, a right-to-left name, and a name that was a trap in the old templates.
#[tokio::test]
async fn case_difficult_names_come_back_as_they_are() {
    let world = World::new().await;
    for (number, name) in [
        ("1", "items".to_owned()),
        ("2", "O\"Neil's <b>".to_owned()),
        ("3", "شركة السحاب".to_owned()),
        ("4", "n".repeat(150)),
    ] {
        let customer = uuid::Uuid::new_v4();
        world.customer(customer, &name, &name, "").await;
        world.invoice(customer, number, "2025-12-31", dec!(1.234)).await;
        let invoice = world.get(&format!("/api/invoices/?number={number}")).await.json()[0].clone();
        assert_eq!(
            (&invoice["customer_name"], &invoice["month"]),
            (&json!(name), &json!(12))
        );
        let found = world
            .get(&format!("/api/invoices/?customer_name={}", urlencoded(&name)))
            .await;
        assert_eq!(found.header("x-result-count"), "1");
    }
}

#[tokio::test]
async fn case_a_currency_of_three_decimals_keeps_them() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "1", "2026-01-31", dec!(1.234)).await;
    world.change(uuid, "currency = 'OMR'").await;
    let invoice = world.get("/api/invoices/").await.json()[0].clone();
    assert_eq!(
        (&invoice["amount"], &invoice["currency"]),
        (&json!("1.234"), &json!("OMR"))
    );
}

fn urlencoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
