//! The servers of the year: how large they are in each hour, and what is to happen to them in each month.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rust_decimal::{Decimal, dec};
use serde_json::json;
use uuid::Uuid;

use crate::months::Month;
use crate::prices::METERS;

/// A server, a meter and a month's first day.
pub type Key = (usize, &'static str, NaiveDate);

/// Virtual CPUs, memory and disk from an instant on.
type Size = (DateTime<Utc>, u32, u32, u32);

/// One server.
pub struct Machine {
    pub uuid: Uuid,
    pub customer: usize,
    pub name: String,
    pub born: DateTime<Utc>,
    pub end: Option<DateTime<Utc>>,
    sizes: Vec<Size>,
}

/// One record to push.
#[derive(Clone)]
pub struct Record {
    pub machine: usize,
    pub meter: &'static str,
    pub hour: DateTime<Utc>,
    pub quantity: Decimal,
    pub correction: bool,
}

/// All servers, and the dice.
pub struct Fleet {
    pub machines: Vec<Machine>,
    pub customers: Vec<Uuid>,
    /// How often what happened.
    pub tally: BTreeMap<&'static str, usize>,
    dice: StdRng,
}

/// What a month brings besides its hours.
#[derive(Default)]
pub struct Events {
    pub renamed: Vec<usize>,
    pub ended: Vec<usize>,
    /// Corrected in the very push that brings them.
    pub corrected_at_once: Vec<Record>,
    /// Corrected after they were delivered, up and down.
    pub corrected_later: Vec<Record>,
    /// Left out of the month's pushes: they come so many months later.
    pub late: Vec<(usize, Record)>,
    /// Corrected upwards and downwards when the month is invoiced.
    pub corrected_after_invoice: Vec<Record>,
}

impl Fleet {
    /// Five servers to a customer, all there from the first hour.
    pub fn new(resources: usize, first: Month, seed: u64) -> Self {
        let mut fleet = Self {
            machines: vec![],
            tally: BTreeMap::new(),
            customers: (0..resources.div_ceil(5)).map(|_| Uuid::new_v4()).collect(),
            dice: StdRng::seed_from_u64(seed),
        };
        for number in 0..resources {
            fleet.begins(number / 5, format!("server-{number}"), first.start());
        }
        fleet
    }

    fn begins(&mut self, customer: usize, name: String, born: DateTime<Utc>) {
        let size = (
            born,
            self.dice.random_range(1..9),
            self.dice.random_range(1..33),
            self.dice.random_range(10..200),
        );
        self.machines.push(Machine {
            uuid: Uuid::new_v4(),
            customer,
            name,
            born,
            end: None,
            sizes: vec![size],
        });
    }

    /// Throws the dice for a month: every kind of event meets some of the servers, and whoever ended comes again in the
    /// month after as a new one.
    pub fn events(&mut self, month: Month, number: usize, last: bool) -> Events {
        let mut events = Events::default();
        let alive: Vec<usize> = (0..self.machines.len())
            .filter(|one| self.machines[*one].end.is_none())
            .collect();
        for one in alive {
            match (one * 7 + number * 5) % 20 {
                0 | 1 => self.resize(one, month),
                2 => self.rename(one, number, &mut events),
                3 if !last => self.ends(one, month, &mut events),
                _ => {}
            }
            self.corrections(one, month, last, &mut events);
        }
        events
    }

    fn resize(&mut self, one: usize, month: Month) {
        let at = self.hour_of(one, month);
        let size = (
            at,
            self.dice.random_range(1..17),
            self.dice.random_range(1..65),
            self.dice.random_range(10..400),
        );
        self.machines[one].sizes.push(size);
        *self.tally.entry("resizes").or_default() += 1;
    }

    fn rename(&mut self, one: usize, number: usize, events: &mut Events) {
        self.machines[one].name = format!("server-{one}, renamed in month {number}");
        events.renamed.push(one);
        *self.tally.entry("renames").or_default() += 1;
    }

    /// In the second half of the month, inside an hour.
    fn ends(&mut self, one: usize, month: Month, events: &mut Events) {
        let at = month.start() + TimeDelta::hours(self.dice.random_range(360..600));
        self.machines[one].end = Some(at);
        events.ended.push(one);
        *self.tally.entry("cancellations, each with a re-creation").or_default() += 1;
        let (customer, name) = (
            self.machines[one].customer,
            format!("{}, again", self.machines[one].name),
        );
        self.begins(customer, name, month.end());
    }

    /// Some hours of each server: corrected, late, or both. Whoever ends in the month is left alone.
    fn corrections(&mut self, one: usize, month: Month, last: bool, events: &mut Events) {
        if self.machines[one].end.is_some() || self.machines[one].born >= month.end() {
            return;
        }
        let mut hours = BTreeSet::new();
        for _ in 0..16 {
            hours.insert((self.hour_of(one, month), self.dice.random_range(0..METERS.len())));
        }
        for (place, (hour, meter)) in hours.into_iter().enumerate() {
            let record = self.record(one, METERS[meter], hour);
            // Hours of tiers have no single price, which the audit of settlements asks for.
            let plain = METERS[meter] != "disk";
            let (what, quantity) = match place % 8 {
                0 => ("corrected before they were sent", dec!(0.5)),
                1 => ("corrected up in the open month", dec!(1.75)),
                2 => ("corrected down in the open month", dec!(0.25)),
                3 if !last => ("late by one month", dec!(1)),
                4 if !last => ("late by two months", dec!(1)),
                5 if !last => ("corrected up after the invoice", dec!(2)),
                6 if !last && plain => ("corrected down after the invoice", dec!(0.5)),
                7 if !last && plain => ("late by four months", dec!(1)),
                _ => continue,
            };
            *self.tally.entry(what).or_default() += 1;
            match place % 8 {
                0 => events.corrected_at_once.push(record.corrected(quantity)),
                1 | 2 => events.corrected_later.push(record.corrected(quantity)),
                3 => events.late.push((1, record)),
                4 => events.late.push((2, record)),
                7 => events.late.push((4, record)),
                _ => events.corrected_after_invoice.push(record.corrected(quantity)),
            }
        }
    }

    fn hour_of(&mut self, one: usize, month: Month) -> DateTime<Utc> {
        let hours = (month.end() - month.start()).num_hours();
        let hour = month.start() + TimeDelta::hours(self.dice.random_range(1..hours));
        hour.max(self.machines[one].born)
    }

    /// Everything that is metered in the month.
    pub fn records(&self, month: Month) -> impl Iterator<Item = Record> {
        month.hours().flat_map(move |hour| {
            let alive = (0..self.machines.len()).filter(move |one| self.machines[*one].consumes(hour));
            alive.flat_map(move |one| METERS.map(|meter| self.record(one, meter, hour)))
        })
    }

    fn record(&self, machine: usize, meter: &'static str, hour: DateTime<Utc>) -> Record {
        let quantity = self.machines[machine].quantity(meter, hour);
        Record {
            machine,
            meter,
            hour,
            quantity,
            correction: false,
        }
    }

    /// The line of a push.
    pub fn line(&self, record: &Record) -> String {
        let resource = self.machines[record.machine].uuid.simple().to_string();
        json!({"resource": resource, "meter": record.meter, "hour": record.hour, "quantity": record.quantity.to_string(),
               "correction": record.correction})
        .to_string()
    }
}

impl Machine {
    fn consumes(&self, hour: DateTime<Utc>) -> bool {
        hour >= self.born && self.end.is_none_or(|end| hour < end)
    }

    /// No two hours in a row are alike, and some digits are the ninth.
    fn quantity(&self, meter: &str, hour: DateTime<Utc>) -> Decimal {
        let sizes = self.sizes.iter().filter(|size| size.0 <= hour);
        let (_, cpu, memory, disk) = sizes.max_by_key(|size| size.0).copied().unwrap_or(self.sizes[0]);
        let step = Decimal::from(hour.timestamp() / 3600 % 7);
        match meter {
            "cpu" => Decimal::from(cpu) * dec!(0.5) + step * dec!(0.125),
            "memory" => Decimal::from(memory) + step * dec!(0.001),
            "disk" => Decimal::from(disk) + step * dec!(0.000000001),
            _ => dec!(1),
        }
    }
}

impl Record {
    fn corrected(mut self, factor: Decimal) -> Self {
        self.quantity = (self.quantity * factor).round_dp(9);
        self.correction = true;
        self
    }

    /// The row of the audit that it belongs to.
    pub fn month(&self) -> Key {
        (self.machine, self.meter, Month::of(self.hour).start().date_naive())
    }

    /// What it is about.
    pub fn key(&self) -> (usize, &'static str, DateTime<Utc>) {
        (self.machine, self.meter, self.hour)
    }
}
