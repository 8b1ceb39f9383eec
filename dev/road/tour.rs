//! The road itself: register, push, deliver, let Kill Bill bill, synchronise, print, judge.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use crate::api::{Api, text};
use crate::report::{self, Pushed};
use crate::scene::{self, Resource};
use crate::stage::Stage;

/// How many records one push may hold.
const BATCH: usize = 10_000;
/// How long deliveries and the invoice may take.
const PATIENCE: Duration = Duration::from_mins(5);

#[derive(clap::Args)]
pub struct Tour {
    /// The folder that `prepare` filled.
    #[arg(long)]
    dir: PathBuf,
    /// Where the PDFs go.
    #[arg(long)]
    out: PathBuf,
    /// The service's address.
    #[arg(long)]
    url: String,
    /// The service's program, for its `run JOB`.
    #[arg(long)]
    program: PathBuf,
    #[arg(long, env = "NCB_DEMO_PUSHER")]
    pusher: String,
    #[arg(long, env = "NCB_DEMO_STAFF")]
    staff: String,
}

impl Tour {
    pub async fn run(&self) -> anyhow::Result<()> {
        let Stage { killbill, month } = Stage::read(&self.dir)?;
        let (pusher, staff) = (Api::new(&self.url, &self.pusher)?, Api::new(&self.url, &self.staff)?);
        staff.wait_until_ready(Duration::from_mins(1)).await?;
        self.job("sync-prices")?;
        report::price_list(&staff.list("/api/default-price-list-items/").await?)?;

        let customer = Uuid::new_v4();
        let resources = scene::resources(month);
        register(&pusher, customer, &resources).await?;
        killbill.move_clock(month.end() + TimeDelta::minutes(15)).await?;
        let usage: Vec<_> = resources.iter().flat_map(|resource| resource.usage(month)).collect();
        push(&pusher, &usage).await?;
        self.job("deliver")?;
        wait_until_verified(&staff, customer, usage.len()).await?;

        println!("\nKill Bill's clock moves past 03:00 of the first of the next month: it bills the month.");
        killbill.move_clock(month.end() + TimeDelta::minutes(210)).await?;
        let invoice = self.invoice(&staff, customer).await?;
        self.job("reconcile")?;
        let pushed = sums(&usage);
        let problems = report::invoice(&staff, text(&invoice, "uuid"), &pushed, &resources).await?;
        self.documents(&staff, text(&invoice, "uuid")).await?;
        ensure!(problems.is_empty(), "it does not add up:\n{}", problems.join("\n"));
        println!("\nEvery line reconciles with what was pushed.");
        Ok(())
    }

    /// One pass of a job, beside the running service, as an operator would start it.
    fn job(&self, name: &str) -> anyhow::Result<()> {
        let status = Command::new(&self.program)
            .arg("--config")
            .arg(self.dir.join("config.toml"))
            .args(["run", name])
            .status()?;
        ensure!(status.success(), "`run {name}`: {status}");
        Ok(())
    }

    async fn invoice(&self, staff: &Api, customer: Uuid) -> anyhow::Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            self.job("sync-invoices")?;
            let mut invoices = staff
                .list(&format!("/api/invoices/?customer={}", customer.simple()))
                .await?;
            ensure!(invoices.len() < 2, "one invoice was expected, not {}", invoices.len());
            if let Some(invoice) = invoices.pop() {
                return Ok(invoice);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        bail!("no invoice after {PATIENCE:?}")
    }

    async fn documents(&self, staff: &Api, invoice: &str) -> anyhow::Result<()> {
        println!();
        std::fs::create_dir_all(&self.out)?;
        for (resource, file) in [("pdf", "invoice.pdf"), ("usage_pdf", "usage.pdf")] {
            let path = self.out.join(file);
            let bytes = staff.bytes(&format!("/api/invoices/{invoice}/{resource}/")).await?;
            ensure!(bytes.starts_with(b"%PDF-"), "{resource} is not a PDF");
            std::fs::write(&path, &bytes)?;
            println!("Wrote {} ({} kB)", shown(&path), bytes.len() / 1024);
        }
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    path.canonicalize()
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}

async fn register(pusher: &Api, customer: Uuid, resources: &[Resource]) -> anyhow::Result<()> {
    pusher
        .put(&format!("/api/customers/{}/", customer.simple()), &scene::customer())
        .await?;
    for resource in resources {
        pusher
            .put(
                &format!("/api/resources/{}/", resource.uuid.simple()),
                &resource.body(customer),
            )
            .await?;
    }
    println!("\nRegistered a customer and {} resources.", resources.len());
    Ok(())
}

async fn push(pusher: &Api, usage: &[scene::Usage]) -> anyhow::Result<()> {
    for batch in usage.chunks(BATCH) {
        let begin = Instant::now();
        let lines: Vec<_> = batch.iter().map(scene::Usage::line).collect();
        let answer = pusher.push(&lines.join("\n")).await?;
        ensure!(
            answer["accepted"].as_u64() == Some(batch.len() as u64),
            "not all was accepted: {answer}"
        );
        println!(
            "Pushed {} hourly records in {:.1} s: all accepted.",
            batch.len(),
            begin.elapsed().as_secs_f32()
        );
    }
    Ok(())
}

/// Delivered is not enough: verified means that Kill Bill's own sums equal the ledger's.
async fn wait_until_verified(staff: &Api, customer: Uuid, total: usize) -> anyhow::Result<()> {
    let (begin, customer) = (Instant::now(), customer.simple());
    let path = format!("/api/usage-records/?customer={customer}&state=verified");
    let mut seen = 0;
    while begin.elapsed() < PATIENCE {
        let verified = staff.count(&path).await?;
        if verified != seen {
            println!(
                "{verified} of {total} records are in Kill Bill and verified ({} s)",
                begin.elapsed().as_secs()
            );
            seen = verified;
        }
        if verified == total {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bail!("only {seen} of {total} records are verified after {PATIENCE:?}; see /api/deliveries/")
}

fn sums(usage: &[scene::Usage]) -> Pushed {
    let mut sums = BTreeMap::new();
    for record in usage {
        let (records, quantity) = sums
            .entry((record.resource, record.meter.to_owned()))
            .or_insert((0, Decimal::ZERO));
        *records += 1;
        *quantity += record.quantity;
    }
    sums
}
