//! The year itself, month by month: meter, push, correct, deliver, bill, and come late.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::killbill::KillBill;
use rust_decimal::Decimal;
use serde_json::json;

use crate::api::{Api, text};
use crate::audit::{Audit, Metered};
use crate::fleet::{Events, Fleet, Record};
use crate::months::Month;
use crate::setup::Stage;
use crate::table;

/// How many records one push may hold.
const BATCH: usize = 10_000;
/// How long deliveries and invoices of a month may take.
const PATIENCE: Duration = Duration::from_mins(30);

#[derive(clap::Args)]
pub struct Year {
    /// The folder that `prepare` filled.
    #[arg(long)]
    dir: PathBuf,
    /// The service's address.
    #[arg(long)]
    url: String,
    /// How many servers, five meters each.
    #[arg(long, default_value_t = 40)]
    resources: usize,
    /// The dice's first number: the same one throws the same year.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, env = "NCB_YEAR_PUSHER")]
    pusher: String,
    #[arg(long, env = "NCB_YEAR_STAFF")]
    staff: String,
}

/// What is under way.
struct Run {
    pusher: Api,
    staff: Api,
    killbill: KillBill,
    fleet: Fleet,
    /// What was pushed last, by server, meter and month: records and quantity.
    metered: Metered,
    /// Records of earlier months that come with a later one.
    later: BTreeMap<usize, Vec<Record>>,
    deliveries: usize,
}

impl Year {
    pub async fn run(&self) -> anyhow::Result<()> {
        let stage = Stage::read(&self.dir)?;
        let mut run = Run {
            pusher: Api::new(&self.url, &self.pusher)?,
            staff: Api::new(&self.url, &self.staff)?,
            killbill: stage.killbill()?,
            fleet: Fleet::new(self.resources, stage.months[0], self.seed),
            metered: Metered::default(),
            later: BTreeMap::new(),
            deliveries: 0,
        };
        run.staff.wait_until_ready(Duration::from_mins(1)).await?;
        let begin = Instant::now();
        let mut deliveries = BTreeMap::new();
        for (number, month) in stage.months.iter().enumerate() {
            let made = run.month(number, *month, number + 1 == stage.months.len()).await?;
            deliveries.insert(month.start().date_naive(), made);
        }
        let audit = Audit::of(&run.killbill, &run.staff, &run.fleet, &run.metered, &stage).await?;
        table::print(&audit, &run.fleet.tally, &deliveries, begin.elapsed());
        ensure!(
            audit.unexplained.is_empty(),
            "not everything is explained:\n{}",
            audit.unexplained.join("\n")
        );
        Ok(())
    }
}

impl Run {
    /// One month; returns how many deliveries it took.
    async fn month(&mut self, number: usize, month: Month, last: bool) -> anyhow::Result<usize> {
        let begin = Instant::now();
        let events = self.fleet.events(month, number, last);
        self.register(month, &events).await?;
        self.killbill.clock().set(month.end() - TimeDelta::hours(1)).await?;
        let records = self.records(number, month, &events);
        let count = records.len();
        self.push(&records).await?;
        let pushed = begin.elapsed();
        self.end(&events).await?;
        self.delivered().await?;
        self.push(&events.corrected_later).await?;
        self.delivered().await?;
        let delivered = begin.elapsed();
        self.killbill.clock().set(month.end() + TimeDelta::minutes(210)).await?;
        self.killbill.clock().wait_for_queues().await?;
        self.billed(month).await?;
        let settled = events
            .late
            .iter()
            .filter(|(months, _)| *months > 2)
            .map(|(_, record)| record);
        let settled = settled.chain(&events.corrected_after_invoice);
        self.metered.settled.extend(settled.map(Record::month));
        for (months, record) in events.late {
            self.later.entry(number + months).or_default().push(record);
        }
        self.later
            .entry(number + 1)
            .or_default()
            .extend(events.corrected_after_invoice);
        let all = self.staff.count("/api/deliveries/").await?;
        let made = all - std::mem::replace(&mut self.deliveries, all);
        let seconds = |time: Duration| time.as_secs();
        println!(
            "{month}: {count} records pushed in {} s, delivered in {made} deliveries after {} s, billed and reconciled after {} s",
            seconds(pushed),
            seconds(delivered),
            seconds(begin.elapsed())
        );
        Ok(made)
    }

    /// New servers and new names.
    async fn register(&self, month: Month, events: &Events) -> anyhow::Result<()> {
        for (number, uuid) in self.fleet.customers.iter().enumerate() {
            let body =
                json!({"name": format!("Customer {number}"), "email": format!("accounts-{number}@cloud.example")});
            self.pusher
                .put(&format!("/api/customers/{}/", uuid.simple()), &body)
                .await?;
        }
        for (number, machine) in self.fleet.machines.iter().enumerate() {
            if machine.born != month.start() && !events.renamed.contains(&number) {
                continue;
            }
            let customer = self.fleet.customers[machine.customer].simple().to_string();
            let body = json!({"name": machine.name, "type": "OpenStack.Instance", "customer": customer, "service_name": "Cloud"});
            self.pusher
                .put(&format!("/api/resources/{}/", machine.uuid.simple()), &body)
                .await?;
        }
        Ok(())
    }

    /// The month's hours without the late ones, each with its correction behind it, and what comes late from before.
    fn records(&mut self, number: usize, month: Month, events: &Events) -> Vec<Record> {
        let late: BTreeSet<_> = events.late.iter().map(|(_, record)| record.key()).collect();
        let corrected: BTreeMap<_, _> = events
            .corrected_at_once
            .iter()
            .map(|record| (record.key(), record))
            .collect();
        let mut records = self.later.remove(&number).unwrap_or_default();
        for record in self.fleet.records(month).filter(|record| !late.contains(&record.key())) {
            let correction = corrected.get(&record.key()).copied().cloned();
            records.push(record);
            records.extend(correction);
        }
        records
    }

    async fn push(&mut self, records: &[Record]) -> anyhow::Result<()> {
        for batch in records.chunks(BATCH) {
            let lines: Vec<_> = batch.iter().map(|record| self.fleet.line(record)).collect();
            let answer = self.pusher.push(&lines.join("\n")).await?;
            let taken = |key: &str| answer[key].as_u64().unwrap_or_default();
            ensure!(
                taken("accepted") + taken("corrected") == batch.len() as u64,
                "not all was taken: {answer}"
            );
        }
        for record in records {
            self.metered.take(record);
        }
        Ok(())
    }

    async fn end(&self, events: &Events) -> anyhow::Result<()> {
        for one in &events.ended {
            let machine = &self.fleet.machines[*one];
            let path = format!("/api/resources/{}/terminate/", machine.uuid.simple());
            self.pusher.post(&path, &json!({"at": machine.end})).await?;
        }
        Ok(())
    }

    /// Nothing is pending, on its way or in doubt, Kill Bill's sums agree, and what is settled is posted.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    async fn delivered(&self) -> anyhow::Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let mut open = backlog(&self.staff).await?;
            for state in ["prepared", "sending", "unknown", "delivered", "refused"] {
                open += self.staff.count(&format!("/api/deliveries/?state={state}")).await? as f64;
            }
            for state in ["prepared", "sending", "unknown", "refused"] {
                open += self.staff.count(&format!("/api/settlements/?state={state}")).await? as f64;
            }
            if open == 0.0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        bail!(
            "not everything is delivered after {PATIENCE:?}; see /api/deliveries/, /api/settlements/ and /api/usage-records/?state=held"
        )
    }

    /// Every customer has the month's invoice, and every invoice is balanced.
    async fn billed(&self, month: Month) -> anyhow::Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if self.all_balanced(month.end()).await? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let open = self.staff.list("/api/discrepancies/").await?;
        bail!("not every invoice is there and balanced after {PATIENCE:?}; discrepancies: {open:#?}")
    }

    async fn all_balanced(&self, end: DateTime<Utc>) -> anyhow::Result<bool> {
        for customer in &self.fleet.customers {
            let invoices = self
                .staff
                .list(&format!("/api/invoices/?customer={}&o=-date", customer.simple()))
                .await?;
            let day = end.date_naive().to_string();
            let of_month = invoices.iter().filter(|invoice| text(invoice, "date") >= day.as_str());
            let mut any = false;
            for invoice in of_month {
                let path = format!("/api/invoices/{}/reconciliation/", text(invoice, "uuid"));
                any = true;
                if text(&self.staff.get(&path).await?, "status") != "balanced" {
                    return Ok(false);
                }
            }
            if !any {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Records that no delivery carries yet.
async fn backlog(staff: &Api) -> anyhow::Result<f64> {
    let metrics = String::from_utf8(staff.bytes("/metrics").await?)?;
    let of = |state: &str| {
        let prefix = format!("ncb_backlog_records{{state=\"{state}\"}} ");
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix(&prefix)?.parse::<f64>().ok());
        line.unwrap_or(f64::NAN)
    };
    Ok(of("pending") + of("held"))
}

impl Metered {
    fn take(&mut self, record: &Record) {
        let entry = self.sums.entry(record.month()).or_default();
        let before = self.hours.insert(record.key(), record.quantity);
        entry.0 += u64::from(before.is_none());
        entry.1 += record.quantity - before.unwrap_or(Decimal::ZERO);
    }
}
