//! The job `sync-prices` against a real Kill Bill.

use std::collections::BTreeMap;

use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::db::prices::{PriceBook, PriceFilter, current_items, list};
use nodeconductor_billing::db::routes::{Pair, for_pairs};
use nodeconductor_billing::domain::price::HOURS_IN_MONTH;
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::sync::prices::{PriceSync, PriceSyncError, sync_prices};
use sqlx::PgPool;

use super::{CLOUD, MIXED, NEXT_YEAR, at, meter_row, meters, resource_row, says};
use crate::support::database::TestDatabase;
use crate::support::killbill_server::{connection, fresh_tenant, shared_url};
use crate::support::socket::served;

fn book() -> PriceBook {
    PriceBook::new(meters(), BTreeMap::new(), "USD")
}

/// Our own clock stands in 1999: nothing may depend on it.
async fn sync(pool: &PgPool, killbill: &KillBill, book: &PriceBook) -> PriceSync {
    let clock = Clock::manual(at("1999-01-01T00:00:00Z"));
    sync_prices(pool, killbill, &clock, HOURS_IN_MONTH, book).await.unwrap()
}

async fn killbill() -> KillBill {
    KillBill::new(&fresh_tenant(&shared_url()).await).unwrap()
}

#[tokio::test]
async fn a_price_change_in_kill_bill_arrives_and_frees_what_waited() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let (killbill, book) = (killbill().await, book());
    let (cpu, vm) = (
        meter_row(pool, "cpu").await,
        resource_row(pool, Some("OpenStack.Instance")).await,
    );

    let empty = sync(pool, &killbill, &book).await;
    assert_eq!(
        (empty.versions, empty.in_force, empty.findings[0].code),
        (0, None, "no-catalog")
    );
    route_cpu(pool, &book, vm, cpu).await;
    assert_eq!(says(pool, vm, cpu).await, "no-price");

    killbill.catalog().upload(CLOUD).await.unwrap();
    let first = sync(pool, &killbill, &book).await;
    assert_eq!(
        (
            first.versions,
            first.written,
            first.items,
            first.changes,
            first.rerouted
        ),
        (1, 1, 9, 9, 1)
    );
    assert_eq!(says(pool, vm, cpu).await, "openstack-instance/cpu");

    let again = sync(pool, &killbill, &book).await;
    assert_eq!(
        (again.written, again.withdrawn, again.changes, again.rerouted),
        (0, 0, 0, 0)
    );

    killbill.catalog().upload(NEXT_YEAR).await.unwrap();
    let second = sync(pool, &killbill, &book).await;
    assert_eq!((second.versions, second.written, second.changes), (2, 1, 1));
    assert_eq!(second.in_force, Some(at("2025-01-01T00:00:00Z")));
    let cpu = PriceFilter {
        name: Some("cpu".to_owned()),
        currency: Some("USD".to_owned()),
        ..PriceFilter::default()
    };
    let (page, _) = list(pool, &cpu, 10, 0).await.unwrap();
    assert_eq!(page[0].item.hourly.to_string(), "0.015");
}

#[tokio::test]
async fn a_version_to_come_is_known_but_not_in_force() {
    let database = TestDatabase::fresh().await;
    let killbill = killbill().await;
    killbill.catalog().upload(CLOUD).await.unwrap();
    killbill
        .catalog()
        .upload(&NEXT_YEAR.replace("2025-01-01", "2099-01-01"))
        .await
        .unwrap();
    let found = sync(&database.pool, &killbill, &book()).await;
    assert_eq!((found.versions, found.in_force), (2, Some(at("2024-01-01T00:00:00Z"))));
}

#[tokio::test]
async fn what_cannot_be_billed_is_reported() {
    let database = TestDatabase::fresh().await;
    let killbill = killbill().await;
    killbill.catalog().upload(MIXED).await.unwrap();
    let found = sync(&database.pool, &killbill, &book()).await;
    let codes: Vec<&str> = found.findings.iter().map(|finding| finding.code).collect();
    for code in ["capped", "capacity", "in-advance", "phase", "nothing-priced"] {
        assert!(codes.contains(&code), "{code} missing in {codes:?}");
    }
}

/// What Kill Bill takes for no catalog is not taken; what is none on its way here, or does not come, is no price list either.
#[tokio::test]
async fn w22_a_catalog_that_is_broken_or_absent_leaves_prices_and_units_as_they_were() {
    let database = TestDatabase::fresh().await;
    let pool = &database.pool;
    let (killbill, book) = (killbill().await, book());
    let cpu = meter_row(pool, "cpu").await;
    let vm = resource_row(pool, Some("OpenStack.Instance")).await;
    killbill.catalog().upload(CLOUD).await.unwrap();
    sync(pool, &killbill, &book).await;
    route_cpu(pool, &book, vm, cpu).await;
    let before = current_items(pool, None).await.unwrap();
    let unchanged = async || {
        assert_eq!(current_items(pool, None).await.unwrap(), before);
        assert_eq!(says(pool, vm, cpu).await, "openstack-instance/cpu");
    };

    let broken = CLOUD.replace("<unit>cpu</unit>", "<unit>no-such-unit</unit>");
    assert!(
        killbill.catalog().upload(&broken).await.is_err(),
        "Kill Bill refuses it"
    );
    assert_eq!(sync(pool, &killbill, &book).await.written, 0);
    unchanged().await;
    for body in [
        &CLOUD[..CLOUD.len() / 2],
        "<html><body>Down for maintenance</body></html>",
        "",
    ] {
        let misled = KillBill::new(&connection(&answering(body).await, "key", "secret")).unwrap();
        let failed = sync_prices(pool, &misled, &Clock::System, HOURS_IN_MONTH, &book).await;
        assert!(failed.is_err(), "{body}: {failed:?}");
        unchanged().await;
    }
    let stranger = KillBill::new(&connection(&shared_url(), "no-such-tenant", "secret")).unwrap();
    let refused = sync_prices(pool, &stranger, &Clock::System, HOURS_IN_MONTH, &book).await;
    assert!(matches!(refused, Err(PriceSyncError::KillBill(_))), "{refused:?}");
    unchanged().await;
}

/// Something that answers every request with this document.
async fn answering(body: &str) -> url::Url {
    let body = body.to_owned();
    let answer = move || async { ([("content-type", "application/xml")], body) };
    let url = served(axum::Router::new().fallback(answer)).await;
    format!("{url}/1.0/kb/").parse().unwrap()
}

async fn route_cpu(pool: &PgPool, book: &PriceBook, vm: i64, cpu: i16) {
    let pair = Pair {
        resource_id: vm,
        resource_type: Some("OpenStack.Instance"),
        meter_id: cpu,
        meter: "cpu",
    };
    let routing = book.routing(pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    for_pairs(&mut connection, &routing, &[pair]).await.unwrap();
}
