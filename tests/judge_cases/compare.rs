//! Both sides of a story: the lines that the timeline expects, and those that Kill Bill wrote.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::money;
use nodeconductor_billing::domain::price::TierPolicy;
use nodeconductor_billing::domain::rating::{RatedTier, Rating, rate};
use nodeconductor_billing::domain::timeline::{AccountTerms, Timeline, Window};
use nodeconductor_billing::killbill::invoices::{Invoice, ItemType};
use rust_decimal::Decimal;

use super::play::Played;
use super::story::{Calendar, Used, calendar};

/// A usage section with a line's first day and end.
pub type Key = (String, NaiveDate, NaiveDate);

/// Money by line; what comes late for a window is added to its first line.
pub type Lines = BTreeMap<Key, Decimal>;

/// A usage line of an invoice, all its items together, and after which move of the clock it was made.
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
        let mut lines = Lines::new();
        for item in invoice.items.iter().filter(|item| item.item_type == ItemType::Usage) {
            let usage = item.usage_name.clone().unwrap_or_default();
            let key = (
                usage,
                item.start_date.unwrap_or_default(),
                item.end_date.unwrap_or_default(),
            );
            *lines.entry(key).or_default() += item.amount;
        }
        lines.into_iter().map(move |(key, amount)| Charged {
            // Under load an invoice may bear an earlier day than the run that made it; it was not made before its line's end.
            step: of(invoice).max(calendar.first_after(key.2)),
            key,
            amount,
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
        *lines.entry(one.key()).or_default() +=
            one.billed(&own, timeline.account(), (timeline.tenant().itemizes_tiers, rules));
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

    /// What was posted before a move of the clock, rated.
    fn rated(&self, before: i64) -> BTreeMap<&str, Rating> {
        let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
        for used in self.used.iter().filter(|used| used.step < before) {
            *sums.entry(used.unit).or_default() += used.amount;
        }
        let rated = sums.into_iter().filter_map(|(unit, sum)| {
            let price = self.window.rate(unit)?;
            Some((unit, rate(price.policy, price.tiers, sum)))
        });
        rated.collect()
    }

    /// Unrounded money for it.
    fn exact(&self, before: i64) -> Decimal {
        self.rated(before).values().map(Rating::amount).sum()
    }

    /// All lines of the window together, each rounded by itself: counted on from the exact sums of the one before by all
    /// tiers, from its rounded money by the top tier; tier by tier where each is an item. What Kill Bill has no line for yet
    /// is expected on one more.
    fn billed(&self, charged: &[&Charged], account: &AccountTerms, (itemizes, rules): (bool, Rules)) -> Decimal {
        let round = |amount| (rules.round)(amount, &account.currency);
        let top = self.window.section.policy == TierPolicy::TopTier;
        let line = |since: i64, billed: Decimal, now: i64| match top {
            _ if itemizes => self.itemized(since, now, round),
            true => round(self.exact(now)) - billed,
            false => round(self.exact(now) - self.exact(since)),
        };
        let (mut since, mut billed) = (i64::MIN, Decimal::ZERO);
        for (place, own) in charged.iter().enumerate() {
            // Under load a run comes later than it says: what was posted meanwhile may be on its line. It was not made after
            // the next line.
            let next = charged.get(place + 1).map_or(own.step, |next| next.step);
            let mut moves = own.step..=next.max(own.step) + 1;
            let now = moves
                .find(|now| line(since, billed, *now) == own.amount)
                .unwrap_or(own.step);
            billed += line(since, billed, now);
            since = now;
        }
        (billed + line(since, billed, i64::MAX)).normalize()
    }

    /// A line in which each tier of each unit is an item: what came into it between two moves of the clock.
    fn itemized(&self, since: i64, now: i64, round: impl Fn(Decimal) -> Decimal) -> Decimal {
        let before = self.rated(since);
        let rated = self.rated(now);
        let items = rated.iter().flat_map(|(unit, rating)| {
            let before = before.get(unit);
            rating.tiers.iter().map(move |tier| {
                let billed = before.and_then(|before| before.tier(tier.tier)).map(RatedTier::amount);
                tier.amount() - billed.unwrap_or_default()
            })
        });
        items.map(round).sum()
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
