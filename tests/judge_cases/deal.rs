//! Deals a story from a seed.

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rust_decimal::Decimal;

use super::story::{Priced, STEP, STEPS, Section, Shape, Story, Tier, UNITS, Used, Version, begins, clock};

pub fn deal(seed: u64) -> Story {
    let mut dealer = Dealer(StdRng::seed_from_u64(seed));
    let currency = dealer.one_of(&["USD", "USD", "JPY", "OMR"]);
    let shape = dealer.shape();
    let start = begins() + dealer.hours(0..24 * 25);
    let mut versions = dealer.versions();
    // Nobody can subscribe what the version in force does not have.
    for version in versions.iter_mut().filter(|version| version.from <= start) {
        version.retired = false;
    }
    let pauses = dealer.pauses(start);
    let usage = dealer.usage(start, shape.period == "MONTHLY");
    Story {
        seed,
        versions,
        shape,
        currency,
        zone: dealer.one_of(&["UTC", "UTC", "America/New_York", "Asia/Kolkata", "Europe/Tallinn"]),
        bill_cycle_day: dealer.one_of(&[1, 1, 5, 17, 28, 31]),
        start,
        pauses,
        usage,
        changes_wait: dealer.in_percent(15),
        look_back: dealer.in_percent(15).then(|| dealer.one_of(&[1, 3])),
        itemizes: dealer.in_percent(25),
    }
}

struct Dealer(StdRng);

impl Dealer {
    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        *all.choose(&mut self.0).expect("some")
    }

    fn in_percent(&mut self, percent: u32) -> bool {
        self.0.random_ratio(percent, 100)
    }

    fn hours(&mut self, range: std::ops::Range<i64>) -> TimeDelta {
        TimeDelta::hours(self.0.random_range(range))
    }

    fn days(&mut self, percent: u32, range: std::ops::Range<u32>) -> Option<u32> {
        self.in_percent(percent).then(|| self.0.random_range(range))
    }

    fn shape(&mut self) -> Shape {
        let usual = self.in_percent(70);
        let period = self.one_of(&["DAILY", "WEEKLY", "QUARTERLY", "BIMESTRIAL", "ANNUAL"]);
        Shape {
            trial: self.days(30, 3..20),
            discount: self.days(30, 5..40),
            term: self.days(20, 20..80),
            period: if usual { "MONTHLY" } else { period },
            alignment: self.one_of(&["ACCOUNT", "ACCOUNT", "ACCOUNT", "SUBSCRIPTION"]),
            recurring: self
                .in_percent(25)
                .then(|| self.one_of(&["MONTHLY", "MONTHLY", "WEEKLY", "QUARTERLY", "ANNUAL"])),
        }
    }

    fn versions(&mut self) -> Vec<Version> {
        let number = self.0.random_range(1..=5);
        let mut from: Vec<DateTime<Utc>> = (1..number).map(|_| begins() + self.hours(0..24 * 100)).collect();
        from.push(begins() - TimeDelta::days(400));
        from.sort();
        from.dedup();
        let mut versions: Vec<Version> = Vec::new();
        for from in from {
            let last = versions.last().map(|last: &Version| last.claims);
            versions.push(self.version(from, last));
        }
        versions
    }

    /// `last` = what the version before it claims.
    #[expect(clippy::option_option, reason = "no version, one without a claim, one with it")]
    fn version(&mut self, from: DateTime<Utc>, last: Option<Option<DateTime<Utc>>>) -> Version {
        let claims = (last.is_some() && self.in_percent(75)).then(|| from + self.hours(0..24 * 20));
        let tie = last.flatten().filter(|last| *last >= from && self.in_percent(60));
        Version {
            from,
            claims: claims.map(|own| tie.unwrap_or(own)),
            retired: last.is_some() && self.in_percent(20),
            discount: self.sections(),
            full: self.sections(),
        }
    }

    /// One section for each unit, now and then one for both, or one unit only.
    fn sections(&mut self) -> Vec<Section> {
        let units: &[&[&'static str]] = match self.0.random_range(0..100) {
            0..15 => &[&["cpu"]],
            15..35 => &[&["cpu", "ram"]],
            _ => &[&["cpu"], &["ram"]],
        };
        units.iter().map(|units| self.section(units)).collect()
    }

    fn section(&mut self, units: &[&'static str]) -> Section {
        Section {
            name: units.join("-"),
            top_tier: self.in_percent(30),
            units: units.iter().map(|unit| self.priced(unit)).collect(),
        }
    }

    fn priced(&mut self, unit: &'static str) -> Priced {
        let number = self.0.random_range(1..=3);
        let ends = self.in_percent(10);
        let tier = |place: i32, dealer: &mut Self| Tier {
            size: Decimal::new(dealer.0.random_range(1..300), 1),
            price: Decimal::new(dealer.0.random_range(0..5000), 3),
            max: if place < number || ends {
                dealer.0.random_range(1..400)
            } else {
                -1
            },
        };
        Priced {
            unit,
            tiers: (1..=number).map(|place| tier(place, self)).collect(),
        }
    }

    fn pauses(&mut self, start: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        if !self.in_percent(25) {
            return Vec::new();
        }
        let from = start + self.hours(24..24 * 50);
        vec![(from, from + self.hours(5..24 * 8))]
    }

    /// Most is there from the beginning; some comes late, and some corrects what is there.
    fn usage(&mut self, start: DateTime<Utc>, late: bool) -> Vec<Used> {
        let mut usage = Vec::new();
        for _ in 0..self.0.random_range(20..60) {
            usage.push(Used {
                unit: self.one_of(&UNITS),
                hour: start + self.hours(0..24 * 85),
                amount: self.amount(),
                step: 0,
                corrects: None,
            });
        }
        for _ in 0..if late { 8 } else { 0 } {
            usage.extend(self.late(start));
        }
        for place in 0..if late { self.0.random_range(0..8) } else { 0 } {
            usage.push(self.correction(place, &usage[place]));
        }
        usage
    }

    fn amount(&mut self) -> Decimal {
        Decimal::new(self.0.random_range(1..40_000), self.0.random_range(0..4))
    }

    /// At one of a few steps, so that a story is not all waiting.
    fn late(&mut self, start: DateTime<Utc>) -> Option<Used> {
        let step = self.one_of(&[4, 7, 10, 13, 17, 20, 22]);
        let since = (clock(step) - start).num_hours() - 1;
        let hour = clock(step) - self.hours(1..since.clamp(2, 24 * 100));
        (hour >= start && step < STEPS - 31 / STEP).then(|| Used {
            unit: self.one_of(&UNITS),
            hour,
            amount: self.amount(),
            step,
            corrects: None,
        })
    }

    fn correction(&mut self, place: usize, of: &Used) -> Used {
        let parts = Decimal::from(self.0.random_range(-10..10));
        let amount = (of.amount * parts / Decimal::TEN).round_dp(3);
        Used {
            amount: if amount.is_zero() { -of.amount } else { amount },
            step: self.one_of(&[4, 7, 10, 13, 17, 20]),
            corrects: Some(place),
            ..of.clone()
        }
    }
}
