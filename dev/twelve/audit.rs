//! The auditor: takes the invoices from Kill Bill itself and works out every line again from what was pushed and the
//! price list. What two named roundings do not explain is told line by line.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, ensure};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::invoices::{Invoice, InvoiceItem, ItemDetails, ItemType};
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use crate::api::Api;
use crate::fleet::Fleet;
use crate::prices::{METERS, price, rate};
use crate::setup::Stage;

/// Records and quantity by server, meter and month (its first day), and the last quantity of every hour.
pub struct Metered(
    pub BTreeMap<(usize, &'static str, NaiveDate), (u64, Decimal)>,
    pub HashMap<(usize, &'static str, DateTime<Utc>), Decimal>,
);

impl Metered {
    pub fn new() -> Self {
        Self(BTreeMap::new(), HashMap::new())
    }
}

/// Below it Kill Bill writes no line for late usage: it catches up when more comes.
const HALF_A_CENT: Decimal = dec!(0.005);

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
    /// Late usage below half a cent, for which Kill Bill writes no line.
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

/// Of one server, meter and month: lines, amounts, and what their roundings came to.
type Charged = BTreeMap<(usize, &'static str, NaiveDate), (usize, Decimal, Decimal)>;

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
                audit.invoice(&invoice, &subscriptions, &mut charged)?;
            }
        }
        audit.hold_against(metered, &charged, stage);
        let open = staff.list("/api/discrepancies/").await?;
        let open = open.iter().filter(|one| one["closed_at"].is_null());
        audit
            .unexplained
            .extend(open.map(|one| format!("the service says: {one}")));
        Ok(audit)
    }

    fn invoice(
        &mut self,
        invoice: &Invoice,
        subscriptions: &HashMap<Uuid, usize>,
        charged: &mut Charged,
    ) -> anyhow::Result<()> {
        self.invoices += 1;
        for item in &invoice.items {
            let month = item
                .start_date
                .context("every item has a start")?
                .with_day(1)
                .context("a first day")?;
            if item.item_type != ItemType::Usage {
                self.rows.entry(month).or_default().settled += item.amount;
                continue;
            }
            let machine = item.subscription_id.and_then(|id| subscriptions.get(&id).copied());
            let machine = machine.with_context(|| format!("an item of nobody: {item:?}"))?;
            let meter = METERS
                .into_iter()
                .find(|meter| item.usage_name.as_deref() == Some(&format!("{meter}-usage")));
            let sum = charged
                .entry((machine, meter.context("a known usage")?, month))
                .or_default();
            sum.0 += 1;
            sum.1 += item.amount;
            sum.2 += item.amount - exact(item)?;
        }
        Ok(())
    }

    /// Every server, meter and month on either side.
    fn hold_against(&mut self, metered: &Metered, charged: &Charged, stage: &Stage) {
        let change = stage.change().map(|month| month.start().date_naive());
        let keys: std::collections::BTreeSet<_> = metered.0.keys().chain(charged.keys()).copied().collect();
        for key in keys {
            let (machine, meter, month) = key;
            let (records, quantity) = metered.0.get(&key).copied().unwrap_or_default();
            let (lines, invoiced, cents) = charged.get(&key).copied().unwrap_or_default();
            let (value, blocks) = rate(price(meter, change.is_some_and(|change| month >= change)), quantity);
            // Worth something, and on no line so far: only what Kill Bill rounds away may be.
            let left = value + blocks - (invoiced - cents);
            let too_small = if left > Decimal::ZERO && left < HALF_A_CENT {
                left
            } else {
                Decimal::ZERO
            };
            let row = Row {
                records,
                lines,
                value,
                blocks,
                cents,
                too_small,
                settled: Decimal::ZERO,
                invoiced,
            };
            if !row.unexplained().is_zero() {
                let text = format!(
                    "{meter} of server {machine} in {month}: {quantity} metered, invoiced {invoiced}, unexplained {}",
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

/// Before it was rounded to cents.
fn exact(item: &InvoiceItem) -> anyhow::Result<Decimal> {
    match item.details() {
        ItemDetails::Aggregate { tiers, .. } => Ok(tiers.iter().map(|tier| tier.quantity * tier.price).sum()),
        ItemDetails::Detail(tier) => Ok(tier.quantity * tier.price),
        other => anyhow::bail!("a usage item without details: {other:?}"),
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
