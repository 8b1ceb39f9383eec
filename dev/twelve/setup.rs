//! Before the service starts: the tenant, the price list, Kill Bill's clock, and the service's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::killbill::{Connection, KillBill};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::months::Month;
use crate::prices;

#[derive(clap::Args)]
pub struct Prepare {
    /// Where `config.toml` and `stage.json` go.
    #[arg(long)]
    dir: PathBuf,
    /// Where the service will listen.
    #[arg(long)]
    bind: String,
    /// How many months are billed; the last one is the one before this.
    #[arg(long, default_value_t = 12)]
    months: u32,
    #[arg(long, env = "KILLBILL_URL")]
    killbill: String,
    #[arg(long, env = "DATABASE_URL")]
    database: String,
}

/// What the second act must know of the first.
#[derive(Debug, Deserialize, Serialize)]
pub struct Stage {
    killbill: String,
    key: String,
    secret: String,
    pub months: Vec<Month>,
}

impl Stage {
    /// Reads what `prepare` left in `dir`.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(dir.join("stage.json")).context("run the act `prepare` first")?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Kill Bill, past the service. A month of an account takes its time.
    pub fn killbill(&self) -> anyhow::Result<KillBill> {
        let connection = Connection {
            api_url: self.killbill.parse()?,
            username: "admin".to_owned(),
            password: "password".into(),
            api_key: self.key.clone(),
            api_secret: self.secret.clone().into(),
            ca: vec![],
            request_timeout: Duration::from_mins(5),
        };
        Ok(KillBill::new(&connection)?)
    }

    /// The first month with the new prices: the one after the middle. None in a single month.
    pub fn change(&self) -> Option<Month> {
        (self.months.len() > 1).then(|| self.months[self.months.len() / 2])
    }
}

impl Prepare {
    pub async fn run(&self) -> anyhow::Result<()> {
        let mut months = vec![Month::before(Clock::System.now())];
        while months.len() < self.months as usize {
            months.insert(0, Month::before(months[0].start()));
        }
        let stage = Stage {
            killbill: self.killbill.clone(),
            key: format!("year-{}", Uuid::new_v4().simple()),
            secret: Uuid::new_v4().simple().to_string(),
            months,
        };
        let killbill = stage.killbill()?;
        killbill
            .tenants()
            .create(&stage.key, &stage.secret.clone().into())
            .await?;
        killbill
            .clock()
            .set(stage.months[0].start() + TimeDelta::minutes(5))
            .await?;
        killbill.catalog().upload(&prices::catalog(None)).await?;
        if let Some(month) = stage.change() {
            killbill.catalog().upload(&prices::catalog(Some(month.start()))).await?;
        }
        std::fs::create_dir_all(&self.dir)?;
        std::fs::write(self.dir.join("config.toml"), self.config(&stage))?;
        std::fs::write(self.dir.join("stage.json"), serde_json::to_string_pretty(&stage)?)?;
        let (first, last) = (stage.months[0], stage.months[stage.months.len() - 1]);
        println!(
            "Kill Bill has a tenant and two price lists, and its clock shows the first of {first}. The last month is {last}."
        );
        Ok(())
    }

    /// Usage is sent as soon as it is there, because the months are over; everything else is as in production.
    fn config(&self, stage: &Stage) -> String {
        let (
            Self { bind, database, .. },
            Stage {
                killbill, key, secret, ..
            },
        ) = (self, stage);
        format!(
            r#"[database]
url = "{database}"

[http]
bind = "{bind}"

[billing]
api_url = "{killbill}"
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
license_type = ["Sample licence", "license_type", "hours"]

[delivery]
settle_after = "0s"
# Months are pushed at once here, not hour by hour: nothing waits for its day.
window = "1h"
every = "1s"
request_timeout = "2m"

[sync]
prices_every = "1m"
invoices_every = "5s"
reconcile_every = "5s"

[log]
level = "warn"
"#
        )
    }
}
