//! The pages in Chromium (`dev/browser/admin.mjs`), with one of everything.
//! Run by `dev/test`, which installs the tools; by hand: `BROWSER_TOOLS=folder cargo test --test clients chromium -- --ignored`

use std::path::Path;
use std::process::Command;

use nodeconductor_billing::db::tokens::Role;

use super::browser::{PASSWORD, person};
use crate::client_cases::things::Things;
use crate::client_cases::world::World;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium, playwright-core, axe-core and vnu-jar; dev/test runs it"]
async fn the_admin_pages_work_in_chromium() {
    let world = World::new().await;
    let _things = Things::new(&world).await;
    person(&world, "ada", Role::Staff).await;
    person(&world, "sue", Role::Support).await;
    let script = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let named = sqlx::query("update resource set name = $1").bind(script);
    named.execute(world.pool()).await.unwrap();

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shots = here.join("target/browser");
    std::fs::create_dir_all(&shots).unwrap();
    let mut script = Command::new("timeout");
    script
        .args(["--kill-after=10", "480", "node"])
        .arg(here.join("dev/browser/admin.mjs"))
        .args([world.url.as_str(), "ada", "sue", PASSWORD])
        .arg(&shots);
    // It asks this very process.
    let status = tokio::task::spawn_blocking(move || script.status().expect("Node starts"));
    let status = status.await.unwrap();
    assert!(status.success(), "see above; it is given up after 8 minutes");
}
