//! The PDFs: whole, frozen, and not broken by a name or a price.

use nodeconductor_billing::documents::DocumentKind;
use rust_decimal::dec;

use crate::bill::{invoice, item, used};
use crate::world::{JANUARY, World};

#[tokio::test]
async fn w15_every_line_is_printed_and_they_add_up_to_the_total() {
    let world = World::new().await;
    let web = world.resource("web-1", "Shop").await;
    let lines = vec![
        used(web, "cpu", JANUARY, dec!(10), dec!(0.5)),
        item("EXTERNAL_CHARGE", "Work without a resource", dec!(7)),
        item("TAX", "VAT", dec!(2.4)),
    ];
    let printed = world.printed(&invoice("41", lines, vec![])).await;
    printed.shows(&[
        "5.00",
        "Work without a resource",
        "7.00",
        "VAT",
        "2.40",
        "Total 14.40 EUR",
    ]);
    printed.lacks(&["Difference to the amount charged"]);
}

#[tokio::test]
async fn w20_an_unchanged_invoice_is_rendered_once() {
    let world = World::new().await;
    let record = invoice("41", vec![item("EXTERNAL_CHARGE", "Consulting", dec!(100))], vec![]);
    for _ in 0..3 {
        let row = world.mirror(&record).await;
        assert_eq!(world.pdf(&row, DocumentKind::Invoice).await.version, 1);
    }
    let documents: i64 = sqlx::query_scalar("select count(*) from invoice_document")
        .fetch_one(world.pool())
        .await
        .unwrap();
    let changed: bool = sqlx::query_scalar("select first_seen_at = changed_at from invoice")
        .fetch_one(world.pool())
        .await
        .unwrap();
    assert_eq!((documents, changed), (1, true), "reading it again is no change");
}

#[tokio::test]
async fn w37_things_called_items_or_none_are_printed_by_their_names() {
    let world = World::new().await;
    let odd = world.resource("items", "None").await;
    let record = invoice("41", vec![used(odd, "cpu", JANUARY, dec!(10), dec!(0.5))], vec![]);
    world.printed(&record).await.shows_in_order(&["None", "items", "5.00"]);
}
