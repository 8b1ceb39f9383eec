//! The auditor: takes the invoices from Kill Bill itself and works out every line again from what was pushed and the
//! price list. What two named roundings do not explain is told line by line.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::invoices::{Invoice, InvoiceItem, ItemDetails, ItemType};
use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::api::Api;
use crate::fleet::{Fleet, Key};
use crate::prices::{METERS, price, rate};
use crate::setup::Stage;

/// What was pushed.
#[derive(Default)]
pub struct Metered {
    /// Records and quantity.
    pub sums: BTreeMap<Key, (u64, Decimal)>,
    /// The last quantity of every hour.
    pub hours: HashMap<(usize, &'static str, DateTime<Utc>), Decimal>,
    /// Where hours were pushed that a charge or a credit has to settle.
    pub settled: BTreeSet<Key>,
}

/// Below it Kill Bill writes no line for late usage: it catches up when more comes.
const HALF_A_CENT: Decimal = dec!(0.005);

/// How long the last reconciliation may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// One month of usage, whichever invoices charge for it.
#[derive(Clone, Copy, Default)]
pub struct Row {
    pub records: u64,
    pub lines: usize,
    /// Metered × price, every digit.
    pub value: Decimal,
    /// Begun blocks.
    pub blocks: Decimal,
    /// Each line is rounded to cents.
    pub cents: Decimal,
    /// Late usage below half a cent, for which Kill Bill writes no line, and charges and credits of less than half a cent or
    /// of no begun block.
    pub too_small: Decimal,
    /// Charges, credits and adjustments.
    pub settled: Decimal,
    pub invoiced: Decimal,
}

impl Row {
    pub fn unexplained(&self) -> Decimal {
        (self.invoiced - self.value - self.blocks - self.cents + self.too_small).normalize()
    }
}

/// What came out.
pub struct Audit {
    pub rows: BTreeMap<NaiveDate, Row>,
    pub invoices: usize,
    /// One line for each thing that does not add up.
    pub unexplained: Vec<String>,
}

/// What Kill Bill charges for one server, meter and month.
#[derive(Clone, Copy, Default)]
struct Sum {
    lines: usize,
    amount: Decimal,
    /// What rounding each line to cents came to.
    cents: Decimal,
    /// Charges and credits instead of usage: quantity in the meter's unit, and money.
    settled: (Decimal, Decimal),
}

type Charged = BTreeMap<Key, Sum>;

/// What stands on a charge or credit of ours.
#[derive(Deserialize)]
struct Mark {
    resource: Option<Uuid>,
    meter: Option<String>,
    quantity: Option<Decimal>,
    month: String,
}

impl Audit {
    pub async fn of(
        killbill: &KillBill,
        staff: &Api,
        fleet: &Fleet,
        metered: &Metered,
        stage: &Stage,
    ) -> anyhow::Result<Self> {
        let subscriptions = subscriptions(killbill, fleet).await?;
        let mut audit = Self {
            rows: BTreeMap::new(),
            invoices: 0,
            unexplained: vec![],
        };
        let mut charged = Charged::new();
        for customer in &fleet.customers {
            let account = killbill
                .accounts()
                .by_external_key(&customer.simple().to_string())
                .await?;
            let account = account.context("every customer has an account")?.account_id;
            for invoice in killbill.invoices().of_account(account, None).await? {
                audit.invoice(&invoice, (&subscriptions, fleet), &mut charged)?;
            }
        }
        audit.hold_against(metered, &charged, stage);
        let open = still_open(staff).await?;
        audit
            .unexplained
            .extend(open.iter().map(|one| format!("the service says: {one}")));
        Ok(audit)
    }

    fn invoice(
        &mut self,
        invoice: &Invoice,
        (subscriptions, fleet): (&HashMap<Uuid, usize>, &Fleet),
        charged: &mut Charged,
    ) -> anyhow::Result<()> {
        self.invoices += 1;
        for item in &invoice.items {
            match item.item_type {
                ItemType::Usage => usage(item, subscriptions, charged)?,
                // A credit and what is used of it are two sides of one thing; ours are told by their marks.
                ItemType::CbaAdj => {}
                _ => settlement(item, fleet, charged)?,
            }
        }
        Ok(())
    }

    /// Every server, meter and month on either side.
    fn hold_against(&mut self, metered: &Metered, charged: &Charged, stage: &Stage) {
        let change = stage.change().map(|month| month.start().date_naive());
        let keys: BTreeSet<_> = metered.sums.keys().chain(charged.keys()).copied().collect();
        for key in keys {
            let (machine, meter, month) = key;
            let (records, quantity) = metered.sums.get(&key).copied().unwrap_or_default();
            let sum = charged.get(&key).copied().unwrap_or_default();
            let price = price(meter, change.is_some_and(|change| month >= change));
            let (value, blocks) = rate(price, quantity - sum.settled.0);
            // Worth something, and on no line: once for late usage, once for what is settled, each below half a cent.
            let left = value + blocks - (sum.amount - sum.cents);
            // What was settled and came to no begun block stands nowhere; later usage may begin that block after all.
            let silent = if metered.settled.contains(&key) {
                price.price
            } else {
                Decimal::ZERO
            };
            let too_small = if left.abs() < silent + HALF_A_CENT * dec!(2) {
                left
            } else {
                Decimal::ZERO
            };
            // Settled hours are worth what they add to the month's begun blocks, rounded once.
            let worth = sum.settled.0 * price.factor / price.block * price.price;
            let off = sum.settled.1 - worth;
            let settled_cents = if off.abs() < price.price + HALF_A_CENT {
                off
            } else {
                Decimal::ZERO
            };
            let row = Row {
                records,
                lines: sum.lines,
                value: value + worth,
                blocks,
                cents: sum.cents + settled_cents,
                too_small,
                settled: sum.settled.1,
                invoiced: sum.amount + sum.settled.1,
            };
            if !row.unexplained().is_zero() {
                let text = format!(
                    "{meter} of server {machine} in {month}: {quantity} metered, invoiced {}, unexplained {}",
                    row.invoiced,
                    row.unexplained()
                );
                self.unexplained.push(text);
            }
            self.rows.entry(month).or_default().add(&row);
        }
    }
}

impl Row {
    fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.lines += other.lines;
        self.value += other.value;
        self.blocks += other.blocks;
        self.cents += other.cents;
        self.too_small += other.too_small;
        self.settled += other.settled;
        self.invoiced += other.invoiced;
    }
}

fn usage(item: &InvoiceItem, subscriptions: &HashMap<Uuid, usize>, charged: &mut Charged) -> anyhow::Result<()> {
    let month = item
        .start_date
        .context("every item has a start")?
        .with_day(1)
        .context("a first day")?;
    let machine = item.subscription_id.and_then(|id| subscriptions.get(&id).copied());
    let machine = machine.with_context(|| format!("an item of nobody: {item:?}"))?;
    let meter = METERS
        .into_iter()
        .find(|meter| item.usage_name.as_deref() == Some(&format!("{meter}-usage")));
    let sum = charged
        .entry((machine, meter.context("a known usage")?, month))
        .or_default();
    sum.lines += 1;
    sum.amount += item.amount;
    sum.cents += item.amount - exact(item)?;
    Ok(())
}

/// A charge or a credit in place of usage, told by its mark. The line of nothing that a draft begins with has none of it.
fn settlement(item: &InvoiceItem, fleet: &Fleet, charged: &mut Charged) -> anyhow::Result<()> {
    let text = item.item_details.as_deref().unwrap_or_default();
    let mark: Mark = serde_json::from_str(text).with_context(|| format!("an item without our mark: {item:?}"))?;
    let (Some(resource), Some(meter), Some(quantity)) = (mark.resource, mark.meter, mark.quantity) else {
        ensure!(item.amount.is_zero(), "an amount for nothing: {item:?}");
        return Ok(());
    };
    let machine = fleet
        .machines
        .iter()
        .position(|machine| machine.uuid == resource)
        .context("a known server")?;
    let meter = METERS
        .into_iter()
        .find(|known| **known == *meter)
        .context("a known meter")?;
    let month = format!("{}-01", mark.month).parse()?;
    let sum = charged.entry((machine, meter, month)).or_default();
    sum.lines += 1;
    sum.settled.0 += quantity;
    sum.settled.1 += item.amount;
    Ok(())
}

/// Before it was rounded to cents.
fn exact(item: &InvoiceItem) -> anyhow::Result<Decimal> {
    match item.details() {
        ItemDetails::Aggregate { tiers, .. } => Ok(tiers.iter().map(|tier| tier.quantity * tier.price).sum()),
        ItemDetails::Detail(tier) => Ok(tier.quantity * tier.price),
        other => anyhow::bail!("a usage item without details: {other:?}"),
    }
}

/// Discrepancies that do not close by themselves. That nobody meters today is true: the year is over.
async fn still_open(staff: &Api) -> anyhow::Result<Vec<Value>> {
    let begin = Instant::now();
    loop {
        let mut open = staff.list("/api/discrepancies/").await?;
        open.retain(|one| one["closed_at"].is_null() && one["kind"] != "no-usage");
        if open.is_empty() || begin.elapsed() > PATIENCE {
            return Ok(open);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn subscriptions(killbill: &KillBill, fleet: &Fleet) -> anyhow::Result<HashMap<Uuid, usize>> {
    let mut found = HashMap::new();
    for (number, machine) in fleet.machines.iter().enumerate() {
        for plan in ["openstack-instance", "licence-by-minute"] {
            let key = format!("{}:{plan}", machine.uuid.simple());
            let one = killbill.subscriptions().by_external_key(&key).await?;
            // A server that came again in the month after the last one has none.
            found.extend(one.map(|one| (one.subscription_id, number)));
        }
    }
    ensure!(!found.is_empty(), "there is no subscription");
    Ok(found)
}
