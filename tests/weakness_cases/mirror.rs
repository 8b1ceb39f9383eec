//! The mirror of Kill Bill's invoices: whole, kept, and readable without Kill Bill.

use nodeconductor_billing::db::invoices::InvoiceRecord;
use rust_decimal::dec;
use serde_json::Value;

use crate::bill::{invoice, item, used};
use crate::world::{JANUARY, World};

async fn items(world: &World, record: &InvoiceRecord) -> Vec<Value> {
    let row = world.row(record).await;
    let path = format!("/api/invoices/{}/items/", row.uuid.simple());
    let answer = world.service.get(&world.service.staff, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
    answer.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn w17_lines_of_every_kind_are_there_with_or_without_a_subscription() {
    let world = World::new().await;
    let kinds = [
        "CREDIT_ADJ",
        "CBA_ADJ",
        "ITEM_ADJ",
        "EXTERNAL_CHARGE",
        "TAX",
        "FIXED",
        "SOMETHING_NEW",
    ];
    let record = invoice("41", kinds.map(|kind| item(kind, kind, dec!(1))).into(), vec![]);
    world.mirror(&record).await;
    let shown: Vec<Value> = items(&world, &record)
        .await
        .iter()
        .map(|item| item["item_type"].clone())
        .collect();
    assert_eq!(shown, kinds);
}

#[tokio::test]
async fn w21_w34_lines_come_from_the_store_while_kill_bill_is_away() {
    // There is no Kill Bill behind this service at all.
    let world = World::new().await;
    let web = world.resource("web-1", "Shop").await;
    let record = invoice("41", vec![used(web, "cpu", JANUARY, dec!(10), dec!(0.5))], vec![]);
    world.mirror(&record).await;
    world
        .service
        .state
        .signals
        .killbill_failed(world.service.state.clock.now(), "away".into());
    let line = items(&world, &record).await.remove(0);
    assert_eq!(
        [&line["resource"], &line["project"], &line["service"]],
        ["web-1", "Shop", "Tartu cloud"]
    );
}

#[tokio::test]
async fn w33_an_invoice_without_lines_shows_none() {
    let world = World::new().await;
    let record = invoice("41", vec![], vec![]);
    world.mirror(&record).await;
    assert!(items(&world, &record).await.is_empty());
}
