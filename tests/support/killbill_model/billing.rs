//! Invoice runs: every section of every subscription of an account, period by period, minus what was billed before.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::accounts::{AUTO_INVOICING_DRAFT, AUTO_INVOICING_OFF};
use super::answer::number;
use super::books::{Books, Invoice, Item, Subscription, UsageRow};
use super::periods::{self, Period};
use super::prices::UsagePrice;
use super::rating::{blocks, cents, money};

/// A run cannot go on: usage that was billed has shrunk.
pub struct Shrunk;

impl Books {
    /// A run that nobody asked for. One that fails parks the account.
    pub fn run_by_itself(&mut self, account: Uuid, target: NaiveDate) {
        let parked = self.account(account).is_none_or(|account| account.parked);
        if !parked && self.run(account, target).is_err() {
            self.park(account, true);
        }
    }

    pub fn park(&mut self, account: Uuid, parked: bool) {
        if let Some(account) = self.account_mut(account) {
            account.parked = parked;
        }
    }

    /// Bills the account up to `target`.
    pub fn run(&mut self, account: Uuid, target: NaiveDate) -> Result<Option<Uuid>, Shrunk> {
        let tagged = |tag| self.account(account).is_some_and(|account| account.tags.contains(&tag));
        if tagged(AUTO_INVOICING_OFF) {
            return Ok(None);
        }
        let status = if tagged(AUTO_INVOICING_DRAFT) {
            "DRAFT"
        } else {
            "COMMITTED"
        };
        // Never less far than the account was billed already.
        let targets = self.standing(account).map(|invoice| invoice.target);
        let target = targets.fold(target, NaiveDate::max);
        let (mut items, mut tracking_ids) = (Vec::new(), Vec::new());
        let reads_from = self.reads_from(account);
        for subscription in self.subscriptions.iter().filter(|one| one.account == account) {
            let mut periods = periods::of(subscription, target, reads_from);
            periods.retain(|period| !self.is_billed_beyond(subscription, period));
            let consumed =
                |row: &&UsageRow| row.subscription == subscription.id && periods.iter().any(|one| one.covers(row.at));
            if !self.usage.iter().any(|row| consumed(&row)) {
                // Without any usage only the last period gets its items of nothing.
                periods.drain(..periods.len().saturating_sub(1));
            }
            for usage in self.units_of(subscription) {
                for period in &periods {
                    items.extend(self.bill(subscription, usage, period)?);
                }
                tracking_ids.extend(self.taken_up(subscription, usage, &periods));
            }
        }
        if items.is_empty() {
            return Ok(None);
        }
        tracking_ids.sort();
        tracking_ids.dedup();
        let invoice = self.add_invoice(account, status, target, items, tracking_ids);
        self.use_credit(account, Decimal::ZERO);
        Ok(Some(invoice))
    }

    /// What the period's usage comes to beyond what was billed for it.
    fn bill(&self, subscription: &Subscription, usage: &UsagePrice, period: &Period) -> Result<Option<Item>, Shrunk> {
        let (start, end) = (period.from.date_naive(), period.until.date_naive());
        let billed: Vec<&Item> = self
            .standing(subscription.account)
            .flat_map(|invoice| &invoice.items)
            .filter(|item| item.subscription == Some(subscription.id) && item.usage.as_ref() == Some(&usage.name))
            .filter(|item| (item.start, item.end) == (start, Some(end)))
            .collect();
        let rows = self.usage_of(subscription, usage).filter(|row| period.covers(row.at));
        let mut blocks = blocks(&usage.tiers, rows.map(|row| row.amount).sum());
        for item in &billed {
            blocks
                .iter_mut()
                .zip(&item.blocks)
                .for_each(|(all, known)| *all -= known);
        }
        if blocks.iter().any(|new| *new < Decimal::ZERO) {
            return Err(Shrunk);
        }
        let amount = cents(money(&usage.tiers, &blocks));
        if !billed.is_empty() && amount.is_zero() {
            return Ok(None);
        }
        Ok(Some(Item {
            id: Uuid::nil(),
            kind: "USAGE",
            subscription: Some(subscription.id),
            usage: Some(usage.name.clone()),
            linked: None,
            start,
            end: Some(end),
            amount,
            rate: None,
            quantity: None,
            description: usage.name.clone(),
            details: Some(details(usage, &blocks)),
            blocks,
        }))
    }

    /// An end that was told after more than that had been billed: nothing is changed any more, late usage included.
    fn is_billed_beyond(&self, subscription: &Subscription, period: &Period) -> bool {
        let (start, end) = (period.from.date_naive(), period.until.date_naive());
        let items = self.standing(subscription.account).flat_map(|invoice| &invoice.items);
        let mut own = items.filter(|item| item.subscription == Some(subscription.id) && item.start == start);
        own.any(|item| item.end.is_some_and(|known| known > end))
    }

    fn usage_of<'a>(
        &'a self,
        subscription: &'a Subscription,
        usage: &'a UsagePrice,
    ) -> impl Iterator<Item = &'a UsageRow> {
        let rows = self.usage.iter();
        rows.filter(|row| row.subscription == subscription.id && row.unit == usage.unit)
    }

    /// Tracking ids in the periods that no invoice lists yet.
    fn taken_up(&self, subscription: &Subscription, usage: &UsagePrice, periods: &[Period]) -> Vec<(Uuid, String)> {
        let rows = self.usage_of(subscription, usage);
        let inside = rows.filter(|row| periods.iter().any(|period| period.covers(row.at)));
        let id = |row: &UsageRow| (row.subscription, row.tracking_id.clone());
        let known = |id: &(Uuid, String)| {
            self.standing(subscription.account)
                .any(|invoice| invoice.tracking_ids.contains(id))
        };
        inside.map(id).filter(|id| !known(id)).collect()
    }

    pub fn add_invoice(
        &mut self,
        account: Uuid,
        status: &'static str,
        target: NaiveDate,
        mut items: Vec<Item>,
        tracking_ids: Vec<(Uuid, String)>,
    ) -> Uuid {
        for item in &mut items {
            item.id = self.new_id();
        }
        let id = self.new_id();
        self.invoices.push(Invoice {
            id,
            number: self.invoices.len() + 1,
            account,
            status,
            date: self.today(),
            target,
            items,
            tracking_ids,
            paid: Vec::new(),
        });
        id
    }

    /// The latest day that committed invoices have charged a subscription for.
    pub fn charged_through(&self, subscription: Uuid) -> Option<NaiveDate> {
        let invoices = self.invoices.iter().filter(|invoice| invoice.status == "COMMITTED");
        let items = invoices.flat_map(|invoice| &invoice.items);
        let own = items.filter(|item| item.kind == "USAGE" && item.subscription == Some(subscription));
        own.filter_map(|item| item.end).max()
    }

    /// A subscription that begins in the past is billed for its elapsed months at once: one invoice for each, or, beside
    /// older invoices of the account, one for the last.
    pub fn bill_from_the_start(&mut self, subscription: Uuid) {
        let Some((account, start)) = self.subscription(subscription).map(|one| (one.account, one.start)) else {
            return;
        };
        let mut months = periods::boundaries(start, self.now - self.time_of_day(account));
        if self.standing(account).next().is_some() {
            months.drain(..months.len().saturating_sub(1));
        }
        for month in months {
            self.run_by_itself(account, month);
        }
    }

    /// The runs between now and `to`: when, for whom, up to which day.
    pub fn falls_due(&self, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, Uuid, NaiveDate)> {
        let mut due = Vec::new();
        for account in &self.accounts {
            let of_day = self.time_of_day(account.id);
            let months = periods::boundaries(self.now - of_day, to - of_day).into_iter();
            due.extend(months.map(|month| (periods::midnight(month) + of_day, account.id, month)));
            let ends = self
                .subscriptions
                .iter()
                .filter(|one| one.account == account.id)
                .filter_map(|one| one.end);
            due.extend(ends.map(|end| (end, account.id, end.date_naive())));
        }
        due.retain(|(at, ..)| *at > self.now && *at <= to);
        due.sort();
        due
    }

    fn time_of_day(&self, account: Uuid) -> TimeDelta {
        let given = self
            .account(account)
            .and_then(|account| account.given["referenceTime"].as_str());
        let at = given.and_then(|text| text.parse::<DateTime<Utc>>().ok());
        at.map_or(TimeDelta::zero(), |at| at - periods::midnight(at.date_naive()))
    }
}

/// The first tier always, the others when something falls into them.
fn details(usage: &UsagePrice, blocks: &[Decimal]) -> String {
    let tiers: Vec<_> = (1..)
        .zip(usage.tiers.iter().zip(blocks))
        .filter(|(number, (_, blocks))| *number == 1 || !blocks.is_zero())
        .map(|(number, (tier, blocks))| {
            json!({"tier": number, "tierUnit": usage.unit, "tierPrice": self::number(tier.price), "quantity": self::number(*blocks),
                   "tierBlockSize": self::number(tier.size), "amount": self::number(tier.price * blocks)})
        })
        .collect();
    json!({"tierDetails": tiers, "amount": number(money(&usage.tiers, blocks))}).to_string()
}
