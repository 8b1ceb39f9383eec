//! What is known about an invoice when a document is made of it, and how its items are named, counted and dated.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::db;
use crate::db::invoices::{InvoiceRow, ItemRow};
use crate::domain::evidence::BilledTier;
use crate::domain::reconcile::{LineCheck, check};
use crate::domain::route::{Meter, Routing};
use crate::pdf::{Period, format};

/// An invoice with everything that both documents need.
pub(super) struct Material<'a> {
    pub(super) invoice: &'a InvoiceRow,
    /// Those that Kill Bill still lists.
    pub(super) items: Vec<ItemRow>,
    /// The usage lines, checked against their records.
    pub(super) checks: Vec<LineCheck>,
    /// What most of the invoice is about; `None` when nothing on it has a period.
    pub(super) period: Option<Period>,
    routing: Arc<Routing>,
    cut_short: HashSet<Uuid>,
    by_item: HashMap<Uuid, usize>,
}

impl<'a> Material<'a> {
    /// Reads it from the database.
    pub(super) async fn gather(pool: &PgPool, invoice: &'a InvoiceRow, routing: &Arc<Routing>) -> sqlx::Result<Self> {
        let mut items = db::invoices::items(pool, invoice.id).await?;
        items.retain(|item| item.gone_at.is_none());
        let facts = db::evidence::facts(pool, invoice.id, None).await?;
        let checks = facts.map(|facts| check(&facts).lines).unwrap_or_default();
        let mut material = Self {
            by_item: checks
                .iter()
                .enumerate()
                .map(|(index, line)| (line.item, index))
                .collect(),
            invoice,
            items,
            checks,
            period: None,
            routing: Arc::clone(routing),
            cut_short: db::documents::cut_short(pool, invoice.id).await?.into_iter().collect(),
        };
        material.period = material.main_period();
        Ok(material)
    }

    fn check(&self, item: &ItemRow) -> Option<&LineCheck> {
        self.checks.get(*self.by_item.get(&item.uuid)?)
    }

    /// A configured meter.
    pub(super) fn meter(&self, name: &str) -> Option<&Meter> {
        self.routing.meters().get(name)
    }

    fn meter_of(&self, item: &ItemRow) -> Option<&Meter> {
        self.meter(item.meter.as_deref()?)
    }

    /// What people call the item.
    pub(super) fn label(&self, item: &ItemRow) -> String {
        item.label(self.meter_of(item))
    }

    /// The unit of [`Self::quantity`], as configured.
    pub(super) fn unit(&self, item: &ItemRow) -> String {
        self.meter_of(item)
            .map(|meter| meter.unit_label.clone())
            .unwrap_or_default()
    }

    /// What was billed, in the meter's unit; late usage without what earlier invoices have billed.
    pub(super) fn quantity(&self, item: &ItemRow) -> Option<Decimal> {
        let checked = self.check(item).and_then(|line| line.billed_quantity);
        checked
            .or_else(|| item.billed_quantity())
            .or(item.quantity.filter(|_| item.tiers.is_empty()))
    }

    /// Price of one unit of the meter, where there is a single one.
    pub(super) fn rate(&self, item: &ItemRow) -> Option<Decimal> {
        self.check(item).and_then(|line| line.rate).or_else(|| item.unit_rate())
    }

    /// The whole days that the item is about.
    pub(super) fn period_of(&self, item: &ItemRow) -> Option<Period> {
        let (start, end) = item.start_date.zip(item.end_date)?;
        let end = if self.cut_short.contains(&item.uuid) {
            next(end)
        } else {
            end
        };
        (start < end).then_some(Period { start, end })
    }

    /// Whether the item bills what earlier invoices were too early for.
    pub(super) fn is_late(&self, item: &ItemRow) -> bool {
        item.is_metered() && self.period_of(item).is_some_and(|days| self.is_past(days))
    }

    /// Whether the days lie before everything that the invoice is mainly about.
    pub(super) fn is_past(&self, days: Period) -> bool {
        self.period.is_some_and(|main| days.end <= main.start)
    }

    /// Up to the latest regular end of usage (of anything, when there is no usage), from the earliest start of what
    /// overlaps. A cancelled subscription's last day says nothing about the others.
    fn main_period(&self) -> Option<Period> {
        let of = |usage_only: bool| {
            let items = self.items.iter().filter(move |item| !usage_only || item.is_metered());
            items
                .filter_map(|item| Some((self.cut_short.contains(&item.uuid), self.period_of(item)?)))
                .collect::<Vec<_>>()
        };
        let usage = of(true);
        let dated = if usage.is_empty() { of(false) } else { usage };
        let (_, last) = *dated.iter().max_by_key(|(cut, days)| (!cut, days.end))?;
        let same = dated.iter().filter(|(_, days)| days.end == last.end);
        let first = same.map(|(_, days)| days.start).min().unwrap_or(last.start);
        let overlapping = dated
            .iter()
            .filter(|(_, days)| days.end > first && days.end <= last.end);
        Some(Period {
            start: overlapping.map(|(_, days)| days.start).min().unwrap_or(first),
            end: last.end,
        })
    }

    /// What the tiers of a line did, where a single rate does not tell.
    pub(super) fn tiers(&self, item: &ItemRow) -> Option<String> {
        match item.tiers.as_slice() {
            [] => None,
            [only] => (only.tier > 1).then(|| format!("tier {}", only.tier)),
            several if self.rate(item).is_none() => Some(
                several
                    .iter()
                    .map(|tier| self.tier(tier))
                    .collect::<Vec<_>>()
                    .join(" + "),
            ),
            _ => None,
        }
    }

    fn tier(&self, tier: &BilledTier) -> String {
        let (blocks, price) = (
            format::quantity(tier.blocks),
            format::rate(tier.price, &self.invoice.currency),
        );
        format!("{blocks} × {price}")
    }
}

fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}
