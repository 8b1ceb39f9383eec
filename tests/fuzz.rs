//! Schemathesis against the compiled service: the API does what its own description says, for good and for bad requests.
//! Run by `dev/test`, which installs the tool; by hand: SCHEMATHESIS=path cargo test --test fuzz -- --ignored

mod support {
    pub mod api;
    pub mod catalog;
    pub mod database;
    pub mod killbill_server;
    pub mod service;
}

use std::process::Command;

use nodeconductor_billing::killbill::KillBill;
use serde_json::json;
use sqlx::{ConnectOptions, PgPool};
use support::api::Usage;
use support::catalog::SampleCatalog;
use support::database::TestDatabase;
use support::killbill_server::{fresh_tenant, shared_url};
use support::service::Service;
use uuid::Uuid;

/// The uuid in the description's examples: the tool tries it, and finds something there.
const EXAMPLE: Uuid = Uuid::from_u128(0x6e08_f486_8183_4ba5_aadd_426a_0abe_9282);

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
    let service = Service::start(database.options.to_url_lossy().as_str(), &connection).await;
    seed(&service, &database.pool).await;
    let examples = std::env::var("SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "4".to_owned());
    let phases =
        std::env::var("SCHEMATHESIS_PHASES").unwrap_or_else(|_| "examples,coverage,fuzzing,stateful".to_owned());
    let status = Command::new(tool)
        .current_dir(service.folder())
        .args([
            "--config-file",
            concat!(env!("CARGO_MANIFEST_DIR"), "/dev/schemathesis.toml"),
        ])
        .args(["run", &format!("{}/api/schema/", service.staff.url)])
        .args(["-H", &format!("Authorization: Token {}", service.staff.token())])
        .args(["--checks", "all", "--seed", "20260101", "--max-examples", &examples])
        .args(["--phases", &phases])
        .args([
            "--workers",
            "1",
            "--generation-database",
            "none",
            "--no-color",
            "--continue-on-failure",
        ])
        .status();
    assert!(status.expect("the program starts").success(), "see above");
}

/// One of everything under the example's uuid.
async fn seed(service: &Service, pool: &PgPool) {
    let uuid = EXAMPLE.simple();
    service
        .pusher
        .put(&format!("/api/customers/{uuid}/"), json!({ "name": "Alice" }))
        .await;
    let resource = json!({ "name": "web-1", "type": "OpenStack.Instance", "customer": uuid.to_string() });
    service.pusher.put(&format!("/api/resources/{uuid}/"), resource).await;
    let hour = "2026-01-01T10:00:00Z".parse().unwrap();
    let quantity = rust_decimal::dec!(4);
    service
        .pusher
        .push(&[Usage {
            resource: EXAMPLE,
            meter: "cpu",
            hour,
            quantity,
        }])
        .await;
    sqlx::raw_sql(
        "with made as (
             insert into invoice (uuid, killbill_id, customer_id, number, status, currency, amount, balance, credit_adj, refund_adj,
                                  invoice_date, content_hash, first_seen_at, changed_at, customer_snapshot)
             select c.uuid, gen_random_uuid(), id, '17', 'COMMITTED', 'USD', 12.95, 12.95, 0, 0, '2026-02-01', '', now(), now(),
                    jsonb_build_object('name', name, 'native_name', '', 'email', '', 'contact_details', '', 'number', '')
             from customer c returning id, uuid
         )
         insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, name, currency, amount)
         select uuid, gen_random_uuid(), id, 0, 'EXTERNAL_CHARGE', 'charge', 'Consulting', 'USD', 12.95 from made",
    )
    .execute(pool)
    .await
    .unwrap();
}
