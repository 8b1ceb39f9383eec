//! What people open, opened in Chromium: the API's description, and the API from a page of another origin.
//! Run by `dev/test`, which installs the tools; by hand: `BROWSER_TOOLS=folder cargo test --test browser -- --ignored`

mod support {
    pub mod database;
    pub mod rows;
    pub mod socket;
    pub mod web;
}

use std::path::Path;
use std::process::Command;

use nodeconductor_billing::http::state::HttpSettings;
use rust_decimal::dec;
use support::rows;
use support::socket::Socket;
use support::web::Service;
use uuid::Uuid;

#[tokio::test]
#[ignore = "needs Chromium and playwright-core; dev/test runs it"]
async fn the_description_and_the_api_work_in_a_browser() {
    let service = Service::with(HttpSettings {
        cors_origins: vec!["http://localhost:*".into()],
        ..HttpSettings::default()
    })
    .await;
    let (customer, invoice) = (Uuid::new_v4(), Uuid::new_v4());
    let registered = format!("/api/customers/{}/", customer.simple());
    let answer = service
        .call("PUT", &service.pusher, &registered, r#"{"name": "Alice"}"#)
        .await;
    assert_eq!(answer.status, 201, "{}", answer.shown());
    rows::invoice(service.pool(), invoice, customer, ("17", "2026-02-01"), dec!(12.95)).await;
    let socket = Socket::of(service.router.clone()).await;

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shots = here.join("target/browser");
    std::fs::create_dir_all(&shots).unwrap();
    let mut script = Command::new("timeout");
    script
        .args(["--kill-after=10", "90", "node"])
        .arg(here.join("dev/browser/pages.mjs"))
        .args([&socket.url, &service.staff])
        .arg(&shots);
    // It asks this very process.
    let status = tokio::task::spawn_blocking(move || script.status().expect("Node starts"));
    let status = status.await.unwrap();
    assert!(status.success(), "see above; it is given up after 90 s");
}
