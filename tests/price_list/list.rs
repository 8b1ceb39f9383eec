//! The price list as the API reads it: filters, pages, one item.

use nodeconductor_billing::db::prices::{PriceFilter, by_uuid, list};
use nodeconductor_billing::domain::price::PriceItem;
use sqlx::PgPool;
use uuid::Uuid;

use super::{CLOUD, NEXT_YEAR, at, routing, store, version};
use crate::support::database::TestDatabase;

async fn names(pool: &PgPool, filter: PriceFilter, limit: i64, offset: i64) -> (Vec<String>, i64) {
    let (page, total) = list(pool, &filter, limit, offset).await.unwrap();
    (page.into_iter().map(|listed| listed.item.name).collect(), total)
}

#[tokio::test]
async fn pages_and_filters_narrow_the_list_in_force() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    assert_eq!(names(pool, PriceFilter::default(), 10, 0).await, (vec![], 0));
    store(pool, &[version(CLOUD, &[]), version(NEXT_YEAR, &[])]).await;
    let dollars = || PriceFilter {
        currency: Some("USD".to_owned()),
        ..PriceFilter::default()
    };
    assert_eq!(names(pool, PriceFilter::default(), 100, 0).await.1, 9);
    assert_eq!(
        names(pool, dollars(), 2, 2).await,
        (vec!["ram_gb".to_owned(), "server_num".to_owned()], 5)
    );
    assert_eq!(names(pool, dollars(), 2, 10).await, (vec![], 5));
    let named = PriceFilter {
        name: Some("cpu".to_owned()),
        ..dollars()
    };
    assert_eq!(names(pool, named, 10, 0).await, (vec!["cpu".to_owned()], 1));
    let typed = PriceFilter {
        item_type: Some("usage".to_owned()),
        key: Some("cpu".to_owned()),
        ..PriceFilter::default()
    };
    assert_eq!(names(pool, typed, 10, 0).await.1, 2);
    let none = PriceFilter {
        item_type: Some("flavor".to_owned()),
        ..PriceFilter::default()
    };
    assert_eq!(names(pool, none, 10, 0).await.1, 0);
}

#[tokio::test]
async fn a_resource_type_stands_for_its_plan() {
    let database = TestDatabase::fresh().await;
    let versions = [version(CLOUD, &[])];
    store(&database.pool, &versions).await;
    let of_type = |resource_type| PriceFilter {
        plans: Some(routing(&versions).plans_of(resource_type)),
        currency: Some("USD".to_owned()),
        ..PriceFilter::default()
    };
    assert_eq!(names(&database.pool, of_type("OpenStack.Instance"), 10, 0).await.1, 4);
    assert_eq!(names(&database.pool, of_type("No.Such"), 10, 0).await.1, 0);
}

#[tokio::test]
async fn an_item_is_found_by_its_uuid_in_every_version() {
    let database = TestDatabase::fresh().await;
    let uuid = PriceItem::identity("openstack-instance", Some("instance-cpu"), Some("cpu"), "USD");
    store(&database.pool, &[version(CLOUD, &[])]).await;
    let first = by_uuid(&database.pool, uuid).await.unwrap().unwrap();
    assert_eq!(
        (first.item.name.as_str(), first.effective_from),
        ("cpu", at("2024-01-01T00:00:00Z"))
    );
    store(
        &database.pool,
        &[version(CLOUD, &[("<value>0.0125</value>", "<value>0.02</value>")])],
    )
    .await;
    assert_ne!(
        by_uuid(&database.pool, uuid).await.unwrap().unwrap().item.hourly,
        first.item.hourly
    );
    assert!(by_uuid(&database.pool, Uuid::new_v4()).await.unwrap().is_none());
}
