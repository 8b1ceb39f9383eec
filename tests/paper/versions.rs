//! What was issued stays as it was.

use std::sync::Arc;

use nodeconductor_billing::config::Issuer;
use nodeconductor_billing::db::documents::{self, NewPdf};
use nodeconductor_billing::db::invoices::InvoiceRecord;
use nodeconductor_billing::documents::DocumentKind;
use rust_decimal::dec;

use crate::bill::{invoice, item, used};
use crate::printed::Printed;
use crate::world::{JANUARY, World};

async fn run(world: &World, sql: &'static str) {
    sqlx::query(sql).execute(world.pool()).await.unwrap();
}

#[tokio::test]
async fn the_same_invoice_gives_the_same_bytes_whatever_is_renamed() {
    let mut world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let row = world
        .mirror(&invoice(
            "31",
            vec![used(vm, "cpu", JANUARY, dec!(100), dec!(0.1))],
            vec![],
        ))
        .await;
    let first = world.pdf(&row, DocumentKind::Invoice).await;
    run(
        &world,
        "update customer set name = 'Renamed', contact_details = 'Moved'",
    )
    .await;
    run(&world, "update resource set name = 'renamed', project_name = 'Renamed'").await;
    world.service.state.documents.issuer = Arc::new(Issuer {
        name: "Another company".into(),
        ..Issuer::default()
    });
    assert_eq!(world.pdf(&row, DocumentKind::Invoice).await, first);
    assert_eq!(first.version, 1);
}

#[tokio::test]
async fn a_rename_before_the_first_rendering_changes_nothing_either() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let row = world
        .mirror(&invoice(
            "32",
            vec![used(vm, "cpu", JANUARY, dec!(100), dec!(0.1))],
            vec![],
        ))
        .await;
    run(&world, "update customer set name = 'Renamed'").await;
    run(&world, "update resource set name = 'renamed'").await;
    for kind in [DocumentKind::Invoice, DocumentKind::Usage] {
        let printed = Printed::of(&world.pdf(&row, kind).await.pdf);
        printed.shows(&["Žalgiris Institute", "vm"]);
        printed.lacks(&["Renamed", "renamed"]);
    }
}

#[tokio::test]
async fn a_changed_invoice_gets_a_version_and_the_old_one_keeps_its_bytes() {
    let world = World::new().await;
    let record = invoice("33", vec![item("EXTERNAL_CHARGE", "Consulting", dec!(100))], vec![]);
    let row = world.mirror(&record).await;
    let first = world.pdf(&row, DocumentKind::Invoice).await;
    let paid = world
        .mirror(&InvoiceRecord {
            balance: dec!(0),
            ..record.clone()
        })
        .await;
    let second = world.pdf(&paid, DocumentKind::Invoice).await;
    assert_eq!((first.version, second.version), (1, 2));
    Printed::of(&second.pdf).shows(&["PAID"]);
    assert_eq!(
        documents::version(world.pool(), row.id, DocumentKind::Invoice, 1)
            .await
            .unwrap(),
        Some(first.clone())
    );
    let refunded = world.mirror(&record).await;
    assert_eq!(
        world.pdf(&refunded, DocumentKind::Invoice).await,
        first,
        "the same state again is the same document"
    );
    let versions = documents::versions(world.pool(), row.id, DocumentKind::Invoice)
        .await
        .unwrap();
    assert_eq!(versions.iter().map(|(version, _)| *version).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn simultaneous_readers_get_one_document() {
    let world = World::new().await;
    let row = world
        .mirror(&invoice(
            "34",
            vec![item("EXTERNAL_CHARGE", "Consulting", dec!(100))],
            vec![],
        ))
        .await;
    let (a, b, c) = tokio::join!(
        world.pdf(&row, DocumentKind::Invoice),
        world.pdf(&row, DocumentKind::Invoice),
        world.pdf(&row, DocumentKind::Invoice)
    );
    assert_eq!((&a, &a), (&b, &c));
    assert_eq!(
        documents::versions(world.pool(), row.id, DocumentKind::Invoice)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_document_of_an_overtaken_state_is_neither_kept_nor_served() {
    let world = World::new().await;
    let record = invoice("35", vec![item("EXTERNAL_CHARGE", "Consulting", dec!(100))], vec![]);
    let old = world.mirror(&record).await;
    world
        .mirror(&InvoiceRecord {
            balance: dec!(0),
            ..record
        })
        .await;
    let new = NewPdf {
        invoice_id: old.id,
        kind: DocumentKind::Invoice,
        content_hash: &old.content_hash,
        pdf: b"old",
        now: old.changed_at,
    };
    assert_eq!(documents::store(world.pool(), new).await.unwrap(), None);
    Printed::of(&world.pdf(&old, DocumentKind::Invoice).await.pdf).shows(&["PAID"]);
}
