//! The usage report as a document: what the records behind the invoice say for each day, and what the lines charge.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::material::Material;
use super::{invoice, parties};
use crate::config::Issuer;
use crate::db::evidence::DayRow;
use crate::db::invoices::ItemRow;
use crate::domain::month::Month;
use crate::pdf::{Period, UsageDocument, UsageMeter, UsageResource, format};

const QUANTITIES: &str = "Quantities are as metered. The invoice bills begun blocks and whole cents, so an amount can \
                          differ a little from quantity times rate.";

/// Everything that the usage report says.
pub(super) fn document(material: &Material<'_>, days: &[DayRow], issuer: &Issuer) -> UsageDocument {
    let invoice = material.invoice;
    let period = material.period.unwrap_or_else(|| single_day(invoice.invoice_date));
    let usage = || material.items.iter().filter(|item| item.is_metered());
    UsageDocument {
        invoice_number: Some(invoice::number(invoice)),
        currency: invoice.currency.clone(),
        date: invoice.invoice_date,
        period,
        issuer: parties::issuer(issuer),
        customer: parties::customer(&invoice.customer_snapshot),
        resources: resources(material, days, period),
        total: Some(usage().map(|item| item.amount).sum()),
        notes: vec![QUANTITIES.to_owned()],
    }
}

fn single_day(day: NaiveDate) -> Period {
    Period {
        start: day,
        end: day.checked_add_days(Days::new(1)).unwrap_or(day),
    }
}

/// A row of the report: a meter of a resource in one billing period. Items without a meter stand for themselves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    late: bool,
    meter: String,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
}

#[derive(Default)]
struct Rows<'m> {
    names: Names,
    rows: BTreeMap<RowKey, (Vec<&'m ItemRow>, Vec<&'m DayRow>)>,
}

#[derive(Clone, Default)]
struct Names {
    resource: String,
    project: String,
    service: String,
}

fn resources(material: &Material<'_>, days: &[DayRow], period: Period) -> Vec<UsageResource> {
    let mut resources: BTreeMap<Option<Uuid>, Rows<'_>> = BTreeMap::new();
    for item in material.items.iter().filter(|item| item.is_metered()) {
        let rows = resources.entry(item.resource_uuid).or_default();
        rows.names
            .learn([&item.resource_name, &item.project_name, &item.service_name]);
        rows.rows.entry(key_of_item(material, item)).or_default().0.push(item);
    }
    // Hours that no line covers are shown where they belong to this period; others are other invoices' business.
    let covered = |day: &&DayRow| day.start_date.is_some() || (period.start <= day.day && day.day < period.end);
    for day in days.iter().filter(covered) {
        let rows = resources.entry(Some(day.resource_uuid)).or_default();
        rows.names
            .learn([&day.resource_name, &day.project_name, &day.service_name]);
        rows.rows.entry(key_of_day(material, day)).or_default().1.push(day);
    }
    let mut reports: Vec<UsageResource> = resources
        .into_iter()
        .map(|(id, rows)| rows.report(material, id, period))
        .collect();
    reports.retain(|resource| !resource.meters.is_empty());
    reports.sort_by_cached_key(|resource| (resource.name.to_lowercase(), resource.project.clone()));
    reports
}

impl Names {
    /// The first name stays: the items', which are those of the invoice's day, come before the register's.
    fn learn(&mut self, [resource, project, service]: [&String; 3]) {
        if self.resource.is_empty() && !resource.is_empty() {
            *self = Self {
                resource: resource.clone(),
                project: project.clone(),
                service: service.clone(),
            };
        }
    }
}

fn key_of_item(material: &Material<'_>, item: &ItemRow) -> RowKey {
    RowKey {
        late: material.is_late(item),
        meter: item.meter.clone().unwrap_or_else(|| material.label(item)),
        start: item.start_date,
        end: item.end_date,
    }
}

fn key_of_day(material: &Material<'_>, day: &DayRow) -> RowKey {
    let days = day
        .start_date
        .zip(day.end_date)
        .map(|(start, end)| Period { start, end });
    RowKey {
        late: days.is_some_and(|days| material.is_past(days)),
        meter: day.meter.clone(),
        start: day.start_date,
        end: day.end_date,
    }
}

impl Rows<'_> {
    fn report(self, material: &Material<'_>, id: Option<Uuid>, period: Period) -> UsageResource {
        let Names {
            resource,
            project,
            service,
        } = self.names;
        let unnamed = || id.map_or_else(|| "Other usage".to_owned(), |id| id.simple().to_string());
        let meters = self
            .rows
            .into_iter()
            .filter_map(|(key, (items, days))| meter(material, &key, &items, &days, period));
        UsageResource {
            name: if resource.is_empty() { unnamed() } else { resource },
            project: Some(project).filter(|name| !name.is_empty()),
            service: Some(service).filter(|name| !name.is_empty()),
            meters: meters.collect(),
        }
    }
}

/// `None` where nothing was used and nothing charged.
fn meter(
    material: &Material<'_>,
    key: &RowKey,
    items: &[&ItemRow],
    days: &[&DayRow],
    period: Period,
) -> Option<UsageMeter> {
    let charged: Decimal = items.iter().map(|item| item.amount).sum();
    if days.is_empty() && charged.is_zero() {
        return None;
    }
    let configured = material.meter(&key.meter);
    let name = configured.map_or(&key.meter, |meter| &meter.display_name);
    let billed = || items.iter().filter_map(|item| material.quantity(item)).sum();
    let hours: i64 = days.iter().map(|day| day.hours).sum();
    Some(UsageMeter {
        name: if key.late {
            format!("{name}, {}", past(key))
        } else {
            name.clone()
        },
        unit: configured.map(|meter| meter.unit_label.clone()).unwrap_or_default(),
        hours: hours.to_u32().unwrap_or(u32::MAX),
        quantity: if days.is_empty() {
            billed()
        } else {
            days.iter().map(|day| day.quantity).sum::<Decimal>().normalize()
        },
        rate: single_rate(material, items),
        amount: (!items.is_empty()).then_some(charged),
        days: if key.late { Vec::new() } else { columns(days, period) },
    })
}

/// The month, when the period is one.
fn past(key: &RowKey) -> String {
    let Some((start, end)) = key.start.zip(key.end) else {
        return "earlier".to_owned();
    };
    let month = Month::of(start);
    if start == month.first_day() && end == month.next().first_day() {
        return format!("{} {}", start.format("%B"), start.year());
    }
    format::period(Period { start, end })
}

fn single_rate(material: &Material<'_>, items: &[&ItemRow]) -> Option<Decimal> {
    let first = material.rate(items.first()?)?;
    items
        .iter()
        .all(|item| material.rate(item) == Some(first))
        .then_some(first)
}

fn columns(days: &[&DayRow], period: Period) -> Vec<Decimal> {
    let mut columns = vec![Decimal::ZERO; (period.end - period.start).num_days().to_usize().unwrap_or_default()];
    for day in days {
        let place = (day.day - period.start).num_days().to_usize();
        if let Some(column) = place.and_then(|place| columns.get_mut(place)) {
            *column += day.quantity;
        }
    }
    columns
}
