//! Before the service starts: what an operator sets up in Kill Bill, and the service's configuration.

use std::path::Path;

use anyhow::Context;
use chrono::TimeDelta;
use nodeconductor_billing::clock::Clock;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::killbill::KillBill;
use crate::months::Month;

/// What the second act must know of the first.
#[derive(Debug, Deserialize, Serialize)]
pub struct Stage {
    pub killbill: KillBill,
    pub month: Month,
}

impl Stage {
    /// Reads what `prepare` left in `dir`.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(dir.join("stage.json")).context("run the act `prepare` first")?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// Sets Kill Bill up in a tenant of its own and writes `config.toml` and `stage.json` to `dir`.
pub async fn prepare(dir: &Path, bind: &str, killbill: &str, database: &str, fonts: &[String]) -> anyhow::Result<()> {
    let killbill = KillBill {
        url: killbill.to_owned(),
        key: format!("demo-{}", Uuid::new_v4().simple()),
        secret: Uuid::new_v4().simple().to_string(),
    };
    let month = Month::before(Clock::System.now());
    killbill.create_tenant().await?;
    killbill.move_clock(month.start() + TimeDelta::minutes(5)).await?;
    killbill.upload_catalog(include_str!("../catalog.xml")).await?;
    println!("Kill Bill has a tenant, a catalogue and a clock that shows the first of {month}.");
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join("config.toml"), config(bind, database, &killbill, fonts))?;
    std::fs::write(
        dir.join("stage.json"),
        serde_json::to_string_pretty(&Stage { killbill, month })?,
    )?;
    Ok(())
}

/// Usage is sent as soon as it is there, because the demo's month is over; everything else is as in production.
fn config(bind: &str, database: &str, killbill: &KillBill, fonts: &[String]) -> String {
    let KillBill { url, key, secret } = killbill;
    format!(
        r#"[database]
url = "{database}"

[http]
bind = "{bind}"
public_url = "http://{bind}"

[billing]
api_url = "{url}"
username = "admin"
password = "password"
api_key = "{key}"
api_secret = "{secret}"
currency = "USD"

[billing.openstack.invoice_meters]
cpu = ["CPU", "cpu", "hours"]
memory = ["Memory", "ram_gb", "GB/h"]
disk = ["Storage", "storage_gb", "GB/h"]
servers = ["Servers", "server_num", ""]
license_type = ["Database server licence", "license_type", "hours"]

[delivery]
settle_after = "0s"
every = "1s"

[pdf]
font_dirs = {fonts:?}

[issuer]
name = "Example Cloud Ltd"
address = ["1 Harbour Street", "10111 Tallinn"]
email = "billing@cloud.example"
"#
    )
}
