//! Schemathesis against the compiled service: the API does what its own description says, for good and for bad requests.
//! Run by `dev/test`, which installs the tool; by hand: SCHEMATHESIS=path cargo test --test fuzz -- --ignored

mod support {
    pub mod api;
    pub mod catalog;
    pub mod database;
    pub mod killbill_server;
    pub mod rows;
    pub mod service;
}

use std::process::Command;

use nodeconductor_billing::killbill::KillBill;
use rust_decimal::dec;
use serde_json::json;
use sqlx::{ConnectOptions, PgPool};
use support::api::{Usage, wait_until};
use support::catalog::SampleCatalog;
use support::database::TestDatabase;
use support::killbill_server::{fresh_tenant, shared_url};
use support::rows;
use support::service::Service;
use uuid::Uuid;

/// What dev/schemathesis.toml names: the tool asks for it, and finds something there.
const KNOWN: Uuid = Uuid::from_u128(0x6e08_f486_8183_4ba5_aadd_426a_0abe_9282);
/// A resource that is no customer, and what is kept when the known one is deleted.
const OTHER: Uuid = Uuid::from_u128(0x0f4c_6ee8_3d6b_4a3e_8b1f_7d5c_2a9e_0b31);
/// The address that Kill Bill notifies ends in it.
const SECRET: &str = "s3cret";
#[tokio::test]
#[ignore = "needs schemathesis; dev/test runs it"]
async fn the_description_is_true_for_good_and_bad_requests() {
    let tool = std::env::var("SCHEMATHESIS").expect("SCHEMATHESIS names the program");
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    let killbill = KillBill::new(&connection).unwrap();
    killbill
        .catalog()
        .upload(&SampleCatalog::standard("USD").xml())
        .await
        .unwrap();
    let service = Service::installed(database.options.to_url_lossy().as_str(), &connection);
    service.configure(&format!(
        "{}\n[notifications]\nsecret = \"{SECRET}\"\n",
        service.configured().replace("[http]", "[http]\ntoken_attempts = 0")
    ));
    let service = service.started().await;
    seed(&service, &database.pool).await;
    let chosen = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    // It usually takes a minute and a half.
    let patience = chosen("SCHEMATHESIS_SECONDS", "420");
    let status = Command::new("timeout")
        .args(["--kill-after=10", &patience, &tool])
        .current_dir(service.folder())
        .args([
            "--config-file",
            concat!(env!("CARGO_MANIFEST_DIR"), "/dev/schemathesis.toml"),
        ])
        .args(["run", &format!("{}/api/schema/", service.staff.url)])
        .args(["-H", &format!("Authorization: Token {}", service.staff.token())])
        .args(["--seed", &chosen("SCHEMATHESIS_SEED", "20260101")])
        .args(["--max-examples", &chosen("SCHEMATHESIS_EXAMPLES", "4")])
        .args([
            "--phases",
            &chosen("SCHEMATHESIS_PHASES", "examples,coverage,fuzzing,stateful"),
        ])
        .args(["--checks", "all", "--workers", "1", "--request-timeout", "20"])
        .args(["--generation-database", "none", "--no-color", "--continue-on-failure"])
        .status();
    assert!(
        status.expect("the program starts").success(),
        "see above; it is given up after {patience} s"
    );
}

/// One of everything under the known uuid.
async fn seed(service: &Service, pool: &PgPool) {
    let uuid = KNOWN.simple().to_string();
    let pusher = &service.pusher;
    pusher
        .put(&format!("/api/customers/{uuid}/"), json!({ "name": "Alice" }))
        .await;
    let cloud = json!({ "name": "Cloud", "customer": uuid });
    for service in [KNOWN, OTHER] {
        let path = format!("/api/services/{}/", service.simple());
        pusher.put(&path, cloud.clone()).await;
    }
    let resource = json!({ "name": "web-1", "type": "OpenStack.Instance", "customer": uuid, "service_uuid": uuid,
                           "project": { "uuid": uuid, "name": "Website" } });
    pusher.put(&format!("/api/resources/{uuid}/"), resource).await;
    let other = json!({ "name": "web-2", "type": "OpenStack.Instance", "customer": uuid });
    pusher.put(&format!("/api/resources/{}/", OTHER.simple()), other).await;
    let usage = |resource, hour: &str| Usage {
        resource,
        meter: "cpu",
        hour: hour.parse().unwrap(),
        quantity: dec!(4),
    };
    // An hour is missing, and a record of an unknown resource is held.
    let stranger = Uuid::from_u128(1);
    let hours = ["2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z"];
    pusher.push(&hours.map(|hour| usage(KNOWN, hour))).await;
    pusher.push(&[usage(stranger, hours[0])]).await;
    wait_until("the price list is read", async || {
        service.staff.count("/api/default-price-list-items/").await > 0
    })
    .await;
    written_by_workers(pool).await;
}

async fn written_by_workers(pool: &PgPool) {
    rows::invoice(pool, KNOWN, KNOWN, ("17", "2026-02-01"), dec!(12.95)).await;
    let charge = ("EXTERNAL_CHARGE", "charge");
    rows::item(pool, KNOWN, KNOWN, charge, ("Consulting", dec!(12.95))).await;
    rows::delivery(pool, KNOWN, KNOWN).await;
    rows::discrepancy(pool, KNOWN, KNOWN).await;
    rows::mail(pool, KNOWN, KNOWN).await;
    rows::gap(pool, KNOWN, KNOWN).await;
    rows::settlement(pool, KNOWN, KNOWN).await;
    rows::correction(pool, KNOWN, KNOWN).await;
    for uuid in [KNOWN, OTHER] {
        rows::price_override(pool, uuid, uuid).await;
        rows::manual_estimate(pool, uuid, uuid).await;
    }
}
