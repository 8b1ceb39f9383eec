//! One invoice, two addresses: the keys and types of 2015 in both, and links that stay where they were asked.

use rust_decimal::dec;
use serde_json::{Value, json};

use super::world::World;

const FAMILIES: [&str; 2] = ["invoices", "killbill-invoices"];

/// Every key of NodeConductor's invoice with its value, as text where it was text (nodeconductor.md 2.3).
#[tokio::test]
async fn the_keys_of_2015_are_there_exactly_and_typed_exactly() {
    let world = World::new().await;
    let uuid = world
        .invoice(world.alice, "17", "2015-08-25", dec!(319))
        .await
        .simple()
        .to_string();
    let customer = world.alice.simple().to_string();
    for (family, year, month) in [
        ("killbill-invoices", json!("2015"), json!("08")),
        ("invoices", json!(2015), json!(8)),
    ] {
        let base = format!("{}/api/{family}/{uuid}/", world.url);
        let invoice = world.get(&format!("/api/{family}/{uuid}/")).await.json();
        let expected = json!({
            "url": base, "uuid": uuid, "year": year, "month": month, "amount": "319.00",
            "pdf": format!("{base}pdf/"), "usage_pdf": format!("{base}usage_pdf/"), "date": "2015-08-25",
            "customer": format!("{}/api/customers/{customer}/", world.url), "customer_uuid": customer,
            "customer_name": "Alice", "customer_native_name": "Alice C.", "status": "Unpaid",
        });
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(invoice[key], *value, "{family}: {key}");
        }
        let later = json!({
            "number": "17", "state": "created", "price": "319.00", "tax": "0.00", "total": "319.00",
            "invoice_date": "2015-08-25", "due_date": "2015-09-08", "currency": "EUR",
        });
        for (key, value) in later.as_object().unwrap() {
            assert_eq!(invoice[key], *value, "{family}: {key}");
        }
    }
}

/// The plugin's clients get what they always got, key by key: nothing of 2016 and later is added to it, and its lists have no lines.
#[tokio::test]
async fn the_plugin_s_invoices_have_no_key_more_than_ever() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "17", "2015-08-25", dec!(319)).await;
    world
        .item(uuid, ("EXTERNAL_CHARGE", "charge"), "Consulting", dec!(319))
        .await;
    let keys = |object: &Value| {
        object
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut invoice = world
        .get(&format!("/api/killbill-invoices/{}/", uuid.simple()))
        .await
        .json();
    assert_eq!(
        keys(&invoice["items"][0]),
        "amount backend_id currency description end evidence gone item_type kind linked_backend_id measured_unit meter name \
         price project project_name project_uuid quantity rate resource resource_name resource_uuid service start tax total \
         unit unit_price url uuid"
    );
    assert_eq!(invoice["items"][0]["name"], "Consulting");
    invoice.as_object_mut().unwrap().remove("items");
    assert_eq!(
        keys(&invoice),
        "amount backend_id balance created currency customer customer_abbreviation customer_name customer_native_name \
         customer_uuid date due_date invoice_date items_url modified month number pdf price reconciliation state status \
         target_date tax total url usage_pdf uuid year"
    );
    let listed = world.get("/api/killbill-invoices/").await.json();
    assert_eq!(
        listed,
        json!([invoice]),
        "the list shows the same object without its lines"
    );
}

#[tokio::test]
async fn every_link_of_an_answer_leads_on_in_its_own_family() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "17", "2026-02-01", dec!(12.95)).await;
    world
        .item(uuid, ("EXTERNAL_CHARGE", "charge"), "Consulting", dec!(12.95))
        .await;
    for family in FAMILIES {
        let (own, other) = (
            format!("{}/api/{family}/", world.url),
            format!("/api/{}/", FAMILIES.iter().find(|one| **one != family).unwrap()),
        );
        let list = world.get(&own).await;
        let (invoice, link) = (list.json()[0].clone(), list.header("link").to_owned());
        let items = world.get(invoice["items_url"].as_str().unwrap()).await;
        assert_eq!(items.status, 200);
        let item = items.json()[0].clone();
        let whole = world.get(invoice["url"].as_str().unwrap()).await.json();
        assert_eq!(whole["items"], json!([item]), "the invoice shows its lines");
        assert_eq!(
            world.get(item["url"].as_str().unwrap()).await.json(),
            item,
            "a line has an address of its own"
        );
        let evidence = item["evidence"].as_str().unwrap().to_owned();
        for (text, what) in [(list.text(), "list"), (items.text(), "items"), (link, "paging")] {
            assert!(
                text.contains(&own) && !text.contains(&other),
                "{what} of {family}: {text}"
            );
        }
        for address in [
            &invoice["url"],
            &invoice["pdf"],
            &invoice["usage_pdf"],
            &json!(evidence),
        ] {
            let answer = world.get(address.as_str().unwrap()).await;
            assert_eq!(answer.status, 200, "{address}: {}", answer.shown());
        }
    }
}

/// A float would have made 0.1 + 0.2 of it; the digits on the wire are the decimal's.
#[tokio::test]
async fn an_item_s_amount_is_a_number_in_the_plugin_s_family_with_every_digit() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "17", "2026-02-01", dec!(0.30)).await;
    world
        .item(uuid, ("USAGE", "usage"), "cpu", dec!(12345678901234567.123456789))
        .await;
    world.item(uuid, ("USAGE", "usage"), "ram", dec!(7.950)).await;
    let path = |family: &str| format!("/api/{family}/{}/items/", uuid.simple());
    let old = world.get(&path("killbill-invoices")).await.text();
    assert!(old.contains(r#""amount":12345678901234567.123456789,"#), "{old}");
    assert!(old.contains(r#""amount":7.95,"#), "{old}");
    let new = world.get(&path("invoices")).await.json();
    assert_eq!(new[1]["amount"], "7.95");
    let later = ["price", "tax", "total"].map(|key| new[1][key].clone());
    assert_eq!(
        later,
        [json!("7.95"), json!("0.00"), json!("7.95")],
        "taxes are lines of their own"
    );
}

#[tokio::test]
async fn tax_and_state_follow_kill_bill() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "17", "2026-02-01", dec!(120)).await;
    world
        .item(uuid, ("EXTERNAL_CHARGE", "charge"), "Consulting", dec!(100))
        .await;
    world.item(uuid, ("TAX", "tax"), "VAT", dec!(20)).await;
    let shown = async |keys: &[&str]| {
        let invoice = world.get(&format!("/api/invoices/{}/", uuid.simple())).await.json();
        keys.iter().map(|key| invoice[*key].clone()).collect::<Value>()
    };
    assert_eq!(
        shown(&["price", "tax", "total"]).await,
        json!(["100.00", "20.00", "120.00"])
    );
    for (columns, state, status, due) in [
        ("status = 'DRAFT'", "pending", "Draft", Value::Null),
        ("status = 'COMMITTED'", "created", "Unpaid", json!("2026-02-15")),
        ("balance = 0", "paid", "Paid", json!("2026-02-15")),
        ("status = 'VOID'", "canceled", "Void", Value::Null),
    ] {
        world.change(uuid, columns).await;
        assert_eq!(
            shown(&["state", "status", "due_date"]).await,
            json!([state, status, due])
        );
    }
}
