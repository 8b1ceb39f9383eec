//! A subscription to a plan of somebody else's catalog: metered as far as the pre-flight lets it, and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::preflight::Lane;
use nodeconductor_billing::domain::timeline::{Fate, Timeline};
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::accounts::Tag;
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use super::calls::{again, carried, examined, post};
use super::compare::{RIGHT, charged, expected, seen, sides};
use super::plans::Row;
use super::story::{Calendar, Used};

/// Hours between two records: enough of them, and every time of the day.
const EVERY: i64 = 7;

/// A subscription.
pub struct Subject {
    pub plan: String,
    pub start: DateTime<Utc>,
    pub account: Uuid,
    pub subscription: Uuid,
    pub timeline: Timeline,
    pub posted: Vec<Used>,
    /// Codes of what was held, by unit.
    pub held: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Up to where it was metered.
    pub metered: DateTime<Utc>,
}

impl Subject {
    /// Posts what was used since the last step, as far as it may go.
    pub async fn meter(&mut self, kb: &KillBill, now: DateTime<Utc>, step: i64) {
        let mut records = Vec::new();
        let mut hour = self.metered;
        while hour + TimeDelta::hours(1) <= now {
            for unit in self.timeline.units() {
                let amount = self.amount(&unit);
                records.push(Used {
                    unit: unit.leak(),
                    hour,
                    amount,
                    step,
                    corrects: None,
                });
            }
            hour += TimeDelta::hours(EVERY);
        }
        self.metered = hour;
        if records.is_empty() {
            return;
        }
        let posted: Vec<&Used> = self.posted.iter().collect();
        let lane = Lane {
            timeline: self.timeline.clone(),
            charged_through: again(async || kb.subscriptions().get(self.subscription).await)
                .await
                .charged_through_date,
            account_through: again(async || kb.subscriptions().account_charged_through(self.account).await).await,
            arrives_by: now + TimeDelta::minutes(10),
            run_is_late: false,
            carried: carried(&self.timeline, &posted),
        };
        let (go, held) = examined(&lane, records);
        for (used, code) in held {
            self.held.entry(used.unit).or_default().insert(code.word());
        }
        let units: Vec<&str> = go
            .iter()
            .map(|used| used.unit)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if !go.is_empty() {
            post(kb, self.subscription, &format!("step-{step}"), &units, &go).await;
        }
        self.posted.extend(go);
    }

    /// So much in an hour that a month passes all tiers that end.
    fn amount(&self, unit: &str) -> Decimal {
        let sections = self.timeline.spans().iter().filter_map(|span| span.section(unit));
        let ends = sections.filter_map(|section| {
            let tiers = section.tiers(unit)?.iter();
            Some(
                tiers
                    .filter_map(|tier| Some(tier.max? * tier.block_size))
                    .sum::<Decimal>(),
            )
        });
        let month = ends.max().unwrap_or_default().max(dec!(100));
        (month * dec!(1.3) / dec!(103)).round_dp(3)
    }

    pub async fn judge(&self, kb: &KillBill, calendar: Calendar, row: &mut Row) {
        let used: Vec<&Used> = self.posted.iter().collect();
        let (mut expected_lines, mut seen_lines, mut parked) = Default::default();
        for _ in 0..20 {
            let invoices = again(async || kb.invoices().of_account(self.account, None).await).await;
            parked = again(async || kb.accounts().tags(self.account).await)
                .await
                .iter()
                .any(Tag::is_park);
            let charged = charged(&invoices, calendar);
            expected_lines = expected(&self.timeline, &used, &charged, calendar.over(), RIGHT);
            seen_lines = seen(&self.timeline, &charged, calendar.over());
            // What the hours of a section do not decide is told by the name of its refusal.
            seen_lines.retain(|(usage, ..), _| !self.is_refused(usage));
            if expected_lines == seen_lines && !parked {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        if parked || expected_lines != seen_lines {
            row.differ += 1;
            let parked = if parked { "Kill Bill parked the account\n" } else { "" };
            let sides = sides(&expected_lines, &seen_lines);
            row.notes.push(format!(
                "plan {} from {} differs:\n{parked}{sides}",
                self.plan, self.start
            ));
            return;
        }
        for unit in self.timeline.units() {
            self.count(&unit, row);
        }
    }

    fn is_refused(&self, usage: &str) -> bool {
        let mut sections = self.timeline.spans().iter().flat_map(|span| &span.sections);
        sections.any(|section| section.usage == usage && section.refused.is_some())
    }

    fn count(&self, unit: &str, row: &mut Row) {
        let fates = self.posted.iter().filter(|used| used.unit == unit);
        let fates: Vec<Fate<'_>> = fates
            .map(|used| self.timeline.fate(unit, Hour::containing(used.hour)))
            .collect();
        let billed = fates.iter().any(|fate| matches!(fate, Fate::Billed(_)));
        let free = fates.iter().any(|fate| matches!(fate, Fate::Free(_)));
        let held = self.held.get(unit);
        row.right += usize::from(billed);
        row.free += usize::from(free);
        row.held += usize::from(held.is_some());
        if let Some(codes) = held {
            row.notes
                .push(format!("plan {}, unit {unit}: held: {codes:?}", self.plan));
        }
        if !billed && !free && held.is_none() {
            row.differ += 1;
            row.notes
                .push(format!("plan {}, unit {unit}: neither billed nor named", self.plan));
        }
    }
}
