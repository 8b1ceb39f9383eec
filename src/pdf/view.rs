//! What is printed, as strings: the JSON that the templates read. All decisions about wording and order are here or
//! in the modules below, all decisions about looks in the templates.

mod invoice;
mod report;
mod usage;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

pub use invoice::view as invoice;
pub use report::view as report;
pub use usage::view as usage;

use super::document::{Fact, Party};
use super::format;

/// What every template expects.
#[derive(Serialize)]
struct Common<'a> {
    families: &'a [String],
    title: String,
    author: String,
    date: Date,
    heading: &'static str,
    subheading: String,
    stamp: Option<Stamp>,
    watermark: Option<&'static str>,
    figure: Figure,
    issuer: PartyView,
    customer_label: &'static str,
    customer: PartyView,
    facts: Vec<FactView>,
    footer: String,
    currency: String,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Date {
    year: i32,
    month: u32,
    day: u32,
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self {
            year: date.year(),
            month: date.month(),
            day: date.day(),
        }
    }
}

#[derive(Clone, Copy, Serialize)]
struct Stamp {
    text: &'static str,
    colour: &'static str,
}

/// The figure that everybody looks for.
#[derive(Serialize)]
struct Figure {
    label: &'static str,
    value: String,
    note: String,
}

#[derive(Serialize)]
struct PartyView {
    name: String,
    lines: Vec<String>,
}

impl From<&Party> for PartyView {
    fn from(party: &Party) -> Self {
        let native = party
            .native_name
            .iter()
            .filter(|native| **native != party.name)
            .cloned();
        let contact = party.contact.iter().flat_map(|line| paragraphs(line));
        Self {
            name: party.name.clone(),
            lines: native.chain(contact).filter(|line| !line.is_empty()).collect(),
        }
    }
}

#[derive(Serialize)]
struct FactView {
    label: String,
    value: String,
}

impl From<&Fact> for FactView {
    fn from(fact: &Fact) -> Self {
        Self {
            label: fact.label.clone(),
            value: fact.value.clone(),
        }
    }
}

fn fact(label: &str, value: impl Into<String>) -> FactView {
    FactView {
        label: label.to_owned(),
        value: value.into(),
    }
}

/// A number in a column, with what it lacks to have its point where the others have theirs.
#[derive(Serialize)]
struct Aligned {
    text: String,
    digits: u32,
    points: u32,
}

/// The decimals of a column. A single value with very many does not push all others aside.
#[derive(Clone, Copy, Default)]
struct Column {
    decimals: u32,
}

const MOST_DECIMALS: u32 = 4;

impl Column {
    fn of<'a>(values: impl Iterator<Item = &'a Decimal>, least: u32) -> Self {
        let needed = values
            .map(|value| value.normalize().scale().max(least))
            .filter(|&scale| scale <= MOST_DECIMALS);
        Self {
            decimals: needed.max().unwrap_or_default(),
        }
    }

    fn align(self, text: String) -> Aligned {
        let own = text
            .split_once('.')
            .map_or(0, |(_, fraction)| u32::try_from(fraction.len()).unwrap_or(u32::MAX));
        Aligned {
            digits: self.decimals.saturating_sub(own),
            points: u32::from(self.decimals > 0 && own == 0),
            text,
        }
    }

    fn quantity(self, value: Decimal) -> Aligned {
        self.align(format::quantity(value))
    }

    fn rate(self, value: Decimal, currency: &str) -> Aligned {
        self.align(format::rate(value, currency))
    }
}

/// The parts that are there, in one grey line: `OpenStack.Instance · Tartu cloud`.
fn about<const N: usize>(parts: [Option<&str>; N]) -> String {
    let present: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    present.join(" · ")
}

fn paragraphs(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
}
