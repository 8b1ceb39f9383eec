//! Both sides of a story: the lines that the timeline expects, and those that Kill Bill wrote.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::money;
use nodeconductor_billing::domain::price::TierPolicy;
use nodeconductor_billing::domain::rating::rate;
use nodeconductor_billing::domain::timeline::{Timeline, Window};
use nodeconductor_billing::killbill::invoices::{Invoice, ItemType};
use rust_decimal::Decimal;

use super::play::Played;
use super::story::{Calendar, Used, calendar};

/// A usage section with a line's first day and end.
pub type Key = (String, NaiveDate, NaiveDate);

/// Money by line; what comes late for a window is added to its first line.
pub type Lines = BTreeMap<Key, Decimal>;

/// A usage line of an invoice, and after which move of the clock it was made.
#[derive(Clone, Debug)]
pub struct Charged {
    pub key: Key,
    pub step: i64,
    pub amount: Decimal,
}

/// How an expectation is made; a deliberate mistake makes it otherwise.
#[derive(Clone, Copy)]
pub struct Rules {
    pub round: fn(Decimal, &str) -> Decimal,
    /// Windows are cut where the terms change.
    pub cut: bool,
}

pub const RIGHT: Rules = Rules {
    round: money::round,
    cut: true,
};

/// A window with what was used in it.
struct Filled<'t, 'u> {
    window: Window<'t>,
    used: Vec<&'u Used>,
}

/// What Kill Bill charged for usage, zeros too: they tell what a later line is counted from.
pub fn charged(invoices: &[Invoice], calendar: Calendar) -> Vec<Charged> {
    let of = |invoice: &Invoice| calendar.step_of(invoice.invoice_date.unwrap_or_default());
    let lines = invoices.iter().flat_map(|invoice| {
        let usage = invoice.items.iter().filter(|item| item.item_type == ItemType::Usage);
        usage.map(move |item| Charged {
            key: (
                item.usage_name.clone().unwrap_or_default(),
                item.start_date.unwrap_or_default(),
                item.end_date.unwrap_or_default(),
            ),
            // Under load an invoice may bear an earlier day than the run that made it; it was not made before its line's end.
            step: of(invoice).max(calendar.first_after(item.end_date.unwrap_or_default())),
            amount: item.amount,
        })
    });
    let mut lines: Vec<Charged> = lines.collect();
    lines.sort_by_key(|line| line.step);
    lines
}

/// What the timeline says of usage in windows that are over.
pub fn expected(timeline: &Timeline, used: &[&Used], charged: &[Charged], over: DateTime<Utc>, rules: Rules) -> Lines {
    let mut filled: BTreeMap<(String, DateTime<Utc>), Filled<'_, '_>> = BTreeMap::new();
    for used in used {
        if let Some(window) = timeline.window(used.unit, Hour::containing(used.hour)) {
            let key = (window.section.usage.clone(), window.from);
            let filled = filled.entry(key).or_insert_with(|| Filled {
                window,
                used: Vec::new(),
            });
            filled.used.push(used);
        }
    }
    let mut filled: Vec<Filled<'_, '_>> = filled.into_values().collect();
    if !rules.cut {
        filled = uncut(filled, timeline);
    }
    let mut lines = Lines::new();
    for one in filled.iter().filter(|one| one.window.until <= over) {
        // Windows inside one day share their dates: which line is whose cannot be told.
        let alone = filled.iter().filter(|other| other.key() == one.key()).count() == 1;
        let own = charged.iter().filter(|line| alone && line.key == one.key());
        let own: Vec<&Charged> = own.collect();
        *lines.entry(one.key()).or_default() += one.billed(&own, &timeline.account().currency, rules);
    }
    lines.retain(|_, amount| !amount.is_zero());
    lines
}

/// What Kill Bill wrote of windows that are over.
pub fn seen(timeline: &Timeline, charged: &[Charged], over: DateTime<Utc>) -> Lines {
    let mut lines = Lines::new();
    for line in charged
        .iter()
        .filter(|line| timeline.account().start_of(line.key.2) <= over)
    {
        *lines.entry(line.key.clone()).or_default() += line.amount;
    }
    lines.retain(|_, amount| !amount.is_zero());
    for amount in lines.values_mut() {
        *amount = amount.normalize();
    }
    lines
}

/// Both sides, where they differ and nobody said so before. Usage of another period than a month is held by its name
/// (`not-billable`); how it is billed all the same is told by `disagreement`.
pub fn difference(played: &Played) -> Option<String> {
    disagreement(played).filter(|_| played.story.shape.period == "MONTHLY")
}

/// Both sides, where they differ.
pub fn disagreement(played: &Played) -> Option<String> {
    let used: Vec<&Used> = played.posted.iter().map(|posted| &posted.used).collect();
    let expected = expected(&played.timeline, &used, &played.charged, calendar().over(), RIGHT);
    let seen = seen(&played.timeline, &played.charged, calendar().over());
    if played.timeline.failing().is_some() {
        return (!played.parked)
            .then(|| "the timeline says that no invoice can be made, and there are some\n".to_owned());
    }
    let parked = played.parked.then(|| "Kill Bill parked the account\n".to_owned());
    let lines = (expected != seen).then(|| sides(&expected, &seen));
    (parked.is_some() || lines.is_some()).then(|| parked.into_iter().chain(lines).collect())
}

/// Line by line, those that differ.
pub fn sides(expected: &Lines, seen: &Lines) -> String {
    let keys: BTreeSet<&Key> = expected.keys().chain(seen.keys()).collect();
    let text = |lines: &Lines, key: &Key| lines.get(key).map_or("nothing".to_owned(), Decimal::to_string);
    let differing = keys.into_iter().filter(|key| expected.get(key) != seen.get(key));
    let line = |key: &Key| {
        let (usage, from, until) = key;
        let (ours, theirs) = (text(expected, key), text(seen, key));
        format!("  {usage} {from} to {until}: the timeline says {ours}, Kill Bill {theirs}\n")
    };
    differing.map(line).collect()
}

impl Filled<'_, '_> {
    fn key(&self) -> Key {
        (
            self.window.section.usage.clone(),
            self.window.first_day,
            self.window.end_day,
        )
    }

    /// Unrounded money for what was posted before a move of the clock.
    fn exact(&self, before: i64) -> Decimal {
        let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
        for used in self.used.iter().filter(|used| used.step < before) {
            *sums.entry(used.unit).or_default() += used.amount;
        }
        let money = sums.into_iter().filter_map(|(unit, sum)| {
            let price = self.window.rate(unit)?;
            Some(rate(price.policy, price.tiers, sum).amount())
        });
        money.sum()
    }

    /// All lines of the window together, each rounded by itself: counted on from the exact sums of the one before by all
    /// tiers, from its rounded money by the top tier. What Kill Bill has no line for yet is expected on one more.
    fn billed(&self, charged: &[&Charged], currency: &str, rules: Rules) -> Decimal {
        let top = self.window.section.policy == TierPolicy::TopTier;
        let line = |exact: Decimal, billed: Decimal, now: Decimal| {
            if top {
                (rules.round)(now, currency) - billed
            } else {
                (rules.round)(now - exact, currency)
            }
        };
        let (mut exact, mut billed) = (Decimal::ZERO, Decimal::ZERO);
        for (place, own) in charged.iter().enumerate() {
            // Under load a run comes later than it says: what was posted meanwhile may be on its line. It was not made after
            // the next line.
            let next = charged.get(place + 1).map_or(own.step, |next| next.step);
            let sums = (own.step..=next.max(own.step) + 1).map(|before| self.exact(before));
            let fitting = sums.clone().find(|now| line(exact, billed, *now) == own.amount);
            let now = fitting.unwrap_or_else(|| self.exact(own.step));
            billed += line(exact, billed, now);
            exact = now;
        }
        (billed + line(exact, billed, self.exact(i64::MAX))).normalize()
    }
}

/// The mistake of billing whole periods: windows that meet on another day than a billing day are one.
fn uncut<'t, 'u>(filled: Vec<Filled<'t, 'u>>, timeline: &Timeline) -> Vec<Filled<'t, 'u>> {
    use chrono::Datelike;
    let mut whole: Vec<Filled<'t, 'u>> = Vec::new();
    for one in filled {
        let day = timeline.at(one.window.from).map(|span| span.bill_cycle_day);
        let inside = Some(one.window.first_day.day()) != day;
        let last = whole.last_mut().filter(|last| {
            inside && last.window.until == one.window.from && last.window.section.usage == one.window.section.usage
        });
        match last {
            Some(last) => {
                (last.window.until, last.window.end_day) = (one.window.until, one.window.end_day);
                last.used.extend(one.used);
            }
            None => whole.push(one),
        }
    }
    whole
}
