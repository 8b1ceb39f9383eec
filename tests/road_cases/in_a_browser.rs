//! An operator's day in Chromium (`dev/browser/operator.mjs`): the compiled program, a real Kill Bill, and nothing but pages.
//! Run by `dev/test`; by hand: `BROWSER_TOOLS=folder cargo test --test road in_a_browser -- --ignored`

use std::path::Path;
use std::process::Command;

use chrono::TimeDelta;
use nodeconductor_billing::domain::uuid_hex::hex;
use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use super::month::Side;
use super::scene;
use crate::support::api::Usage;
use crate::support::killbill_server::OwnServer;

const PASSWORD: &str = "four plain words here";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and playwright-core; dev/test runs it"]
async fn an_operator_finds_a_held_hour_mends_it_and_opens_its_invoice() {
    let server = OwnServer::start("");
    let side = Side::start(&server, false, &scene::catalog(), 0).await;
    let file = side.service.folder().join("password");
    std::fs::write(&file, PASSWORD).unwrap();
    let made = side.service.run(&[
        "user",
        "create",
        "--name",
        "ada",
        "--role",
        "staff",
        "--password-file",
        file.to_str().unwrap(),
    ]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let month = scene::last_month();
    let middle = month.start() + TimeDelta::days(14);
    side.killbill.clock().set(middle).await.unwrap();
    let resource = Uuid::new_v4();
    let usage: Vec<Usage> = scene::hours(month)[..24]
        .iter()
        .map(|hour| Usage {
            resource,
            meter: "cpu",
            hour: *hour,
            quantity: dec!(4),
        })
        .collect();
    side.service.pusher.push(&usage).await;
    looks(&side, "held");

    // NodeConductor's part.
    let registered = json!({ "name": "web-1", "type": "OpenStack.Instance", "customer": hex(side.customer.uuid) });
    side.service
        .pusher
        .put(&format!("/api/resources/{}/", hex(resource)), registered)
        .await;
    looks(&side, "mended");

    side.killbill.clock().set(scene::after(month)).await.unwrap();
    side.killbill.clock().wait_for_queues().await.unwrap();
    looks(&side, "billed");
}

/// The operator sits at another desk: a process of its own.
fn looks(side: &Side, part: &str) {
    let mut script = Command::new("timeout");
    script
        .args(["--kill-after=10", "120", "node"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("dev/browser/operator.mjs"))
        .args([side.service.staff.url.as_str(), "ada", PASSWORD, part]);
    let status = script.status().expect("Node starts");
    assert!(status.success(), "see above; it is given up after 2 minutes");
}
