//! The usage report in print: every meter with its sums and the picture of its days.

use chrono::{Days, NaiveDate};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, dec};
use serde::Serialize;
use serde_json::Value;

use super::{Aligned, Column, Common, FactView, Figure, about, fact, paragraphs};
use crate::pdf::fonts::Fonts;
use crate::pdf::format::{amount, date, minor_digits, money, period, quantity};
use crate::pdf::usage::{UsageDocument, UsageMeter, UsageResource};

#[derive(Serialize)]
struct UsageView<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    resources: Vec<ResourceView>,
    total: Option<String>,
}

#[derive(Serialize)]
struct ResourceView {
    name: String,
    about: String,
    /// `None` when a meter has no price.
    amount: Option<String>,
    meters: Vec<MeterView>,
}

#[derive(Serialize)]
struct MeterView {
    name: String,
    unit: String,
    hours: String,
    quantity: Aligned,
    rate: Option<Aligned>,
    amount: Option<String>,
    /// Thousandths of the highest day.
    days: Vec<u32>,
    /// The chart for those who cannot see it.
    alt: String,
}

/// The data of `usage.typ`.
pub fn view(doc: &UsageDocument, fonts: &Fonts) -> Value {
    let printer = Printer::new(doc);
    let resources = doc.resources.iter().filter(|resource| !resource.meters.is_empty());
    let view = UsageView {
        common: common(doc, fonts),
        resources: resources.map(|resource| printer.resource(resource)).collect(),
        total: doc.total.map(|total| money(total, &doc.currency)),
    };
    serde_json::to_value(view).unwrap_or_default()
}

fn common<'a>(doc: &UsageDocument, fonts: &'a Fonts) -> Common<'a> {
    let of_invoice = doc
        .invoice_number
        .as_ref()
        .map(|number| format!("for invoice {number}"));
    Common {
        families: &fonts.families,
        title: about([Some("Usage report"), of_invoice.as_deref()]).replace(" · ", " "),
        author: doc.issuer.name.clone(),
        date: doc.date.into(),
        heading: "Usage report",
        subheading: of_invoice.clone().unwrap_or_else(|| period(doc.period)),
        stamp: None,
        watermark: None,
        figure: Figure {
            label: "Cost of usage",
            value: doc
                .total
                .map_or_else(|| "–".to_owned(), |total| money(total, &doc.currency)),
            note: period(doc.period),
        },
        issuer: (&doc.issuer).into(),
        customer_label: "Customer",
        customer: (&doc.customer).into(),
        facts: facts(doc),
        footer: about([Some("Usage report"), of_invoice.as_deref(), Some(&period(doc.period))]),
        currency: doc.currency.clone(),
        notes: notes(doc),
    }
}

fn facts(doc: &UsageDocument) -> Vec<FactView> {
    let mut facts = vec![fact("Date", date(doc.date)), fact("Period (UTC)", period(doc.period))];
    facts.extend(
        doc.invoice_number
            .as_ref()
            .map(|number| fact("Invoice", number.clone())),
    );
    facts.extend(
        doc.customer
            .number
            .as_ref()
            .map(|number| fact("Customer number", number.clone())),
    );
    facts
}

fn notes(doc: &UsageDocument) -> Vec<String> {
    let scale = "Daily use: one bar for each day (UTC) of the period, drawn to the highest day of the same meter. \
                 Hours: the hours for which use was recorded.";
    let own = doc.notes.iter().flat_map(|note| paragraphs(note));
    own.chain((!doc.resources.is_empty()).then(|| scale.to_owned()))
        .collect()
}

struct Printer<'a> {
    doc: &'a UsageDocument,
    quantities: Column,
    rates: Column,
}

impl<'a> Printer<'a> {
    fn new(doc: &'a UsageDocument) -> Self {
        let meters = || doc.resources.iter().flat_map(|resource| &resource.meters);
        let quantities = Column::of(meters().map(|meter| &meter.quantity), 0);
        let rates = Column::of(
            meters().filter_map(|meter| meter.rate.as_ref()),
            minor_digits(&doc.currency),
        );
        Self { doc, quantities, rates }
    }

    fn resource(&self, resource: &UsageResource) -> ResourceView {
        let sum: Option<Decimal> = resource.meters.iter().map(|meter| meter.amount).sum();
        ResourceView {
            name: resource.name.clone(),
            about: about([resource.project.as_deref(), resource.service.as_deref()]),
            amount: sum.map(|sum| money(sum, &self.doc.currency)),
            meters: resource.meters.iter().map(|meter| self.meter(meter)).collect(),
        }
    }

    fn meter(&self, meter: &UsageMeter) -> MeterView {
        let highest = meter.days.iter().max().copied().unwrap_or_default();
        MeterView {
            name: meter.name.clone(),
            unit: meter.unit.clone(),
            hours: quantity(meter.hours.into()),
            quantity: self.quantities.quantity(meter.quantity),
            rate: meter.rate.map(|rate| self.rates.rate(rate, &self.doc.currency)),
            amount: meter.amount.map(|sum| amount(sum, &self.doc.currency)),
            days: meter.days.iter().map(|&day| share(day, highest)).collect(),
            alt: in_words(meter, highest, self.doc.period.start),
        }
    }
}

/// `day` in thousandths of `highest`; a day with any use is visible.
fn share(day: Decimal, highest: Decimal) -> u32 {
    if day <= Decimal::ZERO || highest <= Decimal::ZERO {
        return 0;
    }
    (day / highest * dec!(1000)).to_u32().unwrap_or(1000).clamp(40, 1000)
}

fn in_words(meter: &UsageMeter, highest: Decimal, start: NaiveDate) -> String {
    let used = meter.days.iter().filter(|day| **day > Decimal::ZERO).count();
    let peak = meter
        .days
        .iter()
        .position(|day| *day == highest)
        .and_then(|index| start.checked_add_days(Days::new(index as u64)));
    match peak {
        Some(day) if used > 0 => format!(
            "Daily use of {}: used on {used} of {} days, most on {} with {} {}",
            meter.name,
            meter.days.len(),
            date(day),
            quantity(highest),
            meter.unit
        ),
        _ => format!("Daily use of {}: none", meter.name),
    }
}
