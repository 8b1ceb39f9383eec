//! Versions in the database: what is written, what is left alone, what is recorded as a change.

use nodeconductor_billing::db::prices::{PriceBook, changes, current_items};
use nodeconductor_billing::domain::price::{Change, PriceChangeKind, PriceItem};
use rust_decimal::{Decimal, dec};
use sqlx::PgPool;

use super::{CLOUD, MIXED, NEXT_YEAR, at, meters, store, store_at, version};
use crate::support::database::TestDatabase;

async fn cpu(pool: &PgPool, instant: Option<&str>) -> Option<Decimal> {
    let items = current_items(pool, instant.map(at)).await.unwrap();
    items
        .into_iter()
        .find(|item| item.name == "cpu" && item.currency == "USD")
        .map(|item| item.hourly)
}

fn short(changes: &[Change]) -> Vec<(&str, PriceChangeKind, Option<Decimal>, Option<Decimal>)> {
    changes
        .iter()
        .map(|change| (change.name.as_str(), change.kind, change.before, change.after))
        .collect()
}

#[tokio::test]
async fn items_come_back_as_they_were_read() {
    let database = TestDatabase::fresh().await;
    for xml in [CLOUD, MIXED, include_str!("../catalogs/predecessor.xml")] {
        let read = version(xml, &[]);
        store(&database.pool, std::slice::from_ref(&read)).await;
        let stored: Vec<PriceItem> = current_items(&database.pool, None).await.unwrap();
        assert_eq!(stored, read.items);
    }
}

#[tokio::test]
async fn the_same_catalog_again_changes_nothing() {
    let database = TestDatabase::fresh().await;
    let versions = [version(CLOUD, &[]), version(NEXT_YEAR, &[])];
    let first = store(&database.pool, &versions).await;
    assert_eq!((first.written, first.changes.len()), (2, versions[0].items.len() + 1));
    let second = store(&database.pool, &versions).await;
    assert_eq!((second.written, second.withdrawn, second.changes.len()), (0, 0, 0));
    let rows: i64 = sqlx::query_scalar("select count(*) from catalog_version")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(rows, 2);
}

#[tokio::test]
async fn a_later_version_records_only_what_it_changes() {
    let database = TestDatabase::fresh().await;
    let first = version(CLOUD, &[]);
    store(&database.pool, std::slice::from_ref(&first)).await;
    let stored = store(&database.pool, &[first, version(NEXT_YEAR, &[])]).await;
    let expected = [("cpu", PriceChangeKind::Changed, Some(dec!(0.0125)), Some(dec!(0.015)))];
    assert_eq!(short(&stored.changes), expected);
    let (listed, total) = changes(&database.pool, None, 1, 0).await.unwrap();
    assert_eq!((listed[0].effective_from, total), (at("2025-01-01T00:00:00Z"), 10));
    let (of_cpu, total) = changes(&database.pool, Some(listed[0].change.item), 10, 0)
        .await
        .unwrap();
    assert_eq!((of_cpu.len(), total), (2, 2));
}

#[tokio::test]
async fn the_version_in_force_follows_kill_bill_s_time_and_not_ours() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let versions = [version(CLOUD, &[]), version(NEXT_YEAR, &[])];
    let stored = store_at(pool, &versions, "2024-12-31T23:59:59Z").await;
    assert_eq!(stored.in_force, Some(at("2024-01-01T00:00:00Z")));
    assert_eq!(cpu(pool, None).await, Some(dec!(0.0125)));
    assert_eq!(cpu(pool, Some("2025-01-01T00:00:00Z")).await, Some(dec!(0.015)));
    store_at(pool, &versions, "2025-01-01T00:00:00Z").await;
    assert_eq!(cpu(pool, None).await, Some(dec!(0.015)));
    assert_eq!(cpu(pool, Some("2023-12-31T00:00:00Z")).await, None);
    // Nothing has begun: the first one to come is better than nothing.
    store_at(pool, &versions, "2020-01-01T00:00:00Z").await;
    assert_eq!(cpu(pool, None).await, Some(dec!(0.0125)));
}

#[tokio::test]
async fn other_content_under_the_same_date_replaces_the_version() {
    let database = TestDatabase::fresh().await;
    store(&database.pool, &[version(CLOUD, &[])]).await;
    let dearer = [version(
        CLOUD,
        &[
            ("<value>0.004</value>", "<value>0.005</value>"),
            ("<value>0.015</value>", "<value>0.016</value>"),
        ],
    )];
    let stored = store(&database.pool, &dearer).await;
    assert_eq!((stored.written, stored.withdrawn), (1, 1));
    let expected = [
        ("ram_gb", PriceChangeKind::Changed, Some(dec!(0.004)), Some(dec!(0.005))),
        // The second tier only: the first one's price stands.
        (
            "storage_gb",
            PriceChangeKind::Changed,
            Some(dec!(0.0002)),
            Some(dec!(0.0002)),
        ),
    ];
    assert_eq!(short(&stored.changes), expected);
    let kept: i64 = sqlx::query_scalar("select count(*) from catalog_version where withdrawn_at is not null")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(kept, 1, "the old prices stay readable");
}

#[tokio::test]
async fn a_version_that_is_gone_gives_way_to_the_one_before() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let versions = [version(CLOUD, &[]), version(NEXT_YEAR, &[])];
    store_at(pool, &versions, "2025-06-01T00:00:00Z").await;
    let stored = store_at(pool, &versions[..1], "2025-06-01T00:00:00Z").await;
    assert_eq!(
        short(&stored.changes),
        [("cpu", PriceChangeKind::Changed, Some(dec!(0.015)), Some(dec!(0.0125)))]
    );
    assert_eq!(cpu(pool, None).await, Some(dec!(0.0125)));
    let emptied = store(pool, &[]).await;
    assert!(
        emptied
            .changes
            .iter()
            .all(|change| change.kind == PriceChangeKind::Removed && change.after.is_none())
    );
    assert_eq!(
        (emptied.changes.len(), emptied.in_force),
        (versions[0].items.len(), None)
    );
    assert_eq!(cpu(pool, None).await, None);
}

#[tokio::test]
async fn replicas_that_store_at_once_write_a_version_once() {
    let database = TestDatabase::fresh().await;
    let versions = [version(CLOUD, &[])];
    let (one, other) = tokio::join!(store(&database.pool, &versions), store(&database.pool, &versions));
    assert_eq!(one.written + other.written, 1);
}

#[tokio::test]
async fn the_price_book_is_rebuilt_only_when_the_list_changes() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let book = PriceBook::new(meters(), std::collections::BTreeMap::new(), "USD");
    assert!(
        book.routing(pool)
            .await
            .unwrap()
            .route("cpu", "OpenStack.Instance")
            .is_err()
    );
    store(pool, &[version(CLOUD, &[])]).await;
    let first = book.routing(pool).await.unwrap();
    assert_eq!(
        first.route("cpu", "OpenStack.Instance").unwrap().plan,
        "openstack-instance"
    );
    assert!(std::sync::Arc::ptr_eq(
        &first,
        &book.clone().routing(pool).await.unwrap()
    ));
    store(pool, &[version(CLOUD, &[("openstack-instance", "other-plan")])]).await;
    assert_eq!(
        book.routing(pool)
            .await
            .unwrap()
            .route("cpu", "OpenStack.Instance")
            .unwrap()
            .plan,
        "other-plan"
    );
}
