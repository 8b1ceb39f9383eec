//! The annual report as a document: the sections of the domain in the words of the page.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::parties;
use crate::config::Issuer;
use crate::domain::report::{GroupBy, OfCustomer, OfMonth, OfYear, Section};
use crate::domain::uuid_hex::hex;
use crate::pdf::{Fact, Party, ReportDocument, ReportGroup, ReportSection};

/// What a report covers.
#[derive(Clone, Copy, Debug)]
pub struct Covered {
    pub grouped: GroupBy,
    pub year: Option<i32>,
}

pub(super) fn document(sections: &[Section], covered: Covered, issuer: &Issuer, now: DateTime<Utc>) -> ReportDocument {
    let invoices: i64 = sections.iter().map(|section| section.sum.invoices).sum();
    ReportDocument {
        grouped_by: covered.grouped,
        year: covered.year,
        date: now.date_naive(),
        issuer: parties::issuer(issuer),
        about: about(sections),
        facts: vec![Fact::new("Invoices", invoices.to_string())],
        sections: sections
            .iter()
            .map(|section| printed(section, covered.grouped))
            .collect(),
    }
}

/// The only customer by name, several by their number.
fn about(sections: &[Section]) -> Party {
    let mut customers: Vec<&OfCustomer> = sections.iter().flat_map(|section| &section.customers).collect();
    customers.sort_unstable_by_key(|customer| customer.uuid);
    customers.dedup_by_key(|customer| customer.uuid);
    let name = match customers.as_slice() {
        [] => "None".to_owned(),
        [only] => only.name.clone(),
        several => several.len().to_string(),
    };
    Party {
        name,
        ..Party::default()
    }
}

/// Customers' names as they are printed: those of one name are told apart by the first digits of their uuids.
struct Names(BTreeMap<String, BTreeSet<Uuid>>);

impl Names {
    fn of(section: &Section) -> Self {
        let mut names = BTreeMap::<String, BTreeSet<Uuid>>::new();
        for customer in &section.customers {
            names.entry(customer.name.clone()).or_default().insert(customer.uuid);
        }
        Self(names)
    }

    fn printed(&self, customer: &OfCustomer) -> String {
        let name = &customer.name;
        if self.0.get(name).is_some_and(|uuids| uuids.len() > 1) {
            format!("{name} ({})", &hex(customer.uuid)[..8])
        } else {
            name.clone()
        }
    }
}

fn printed(section: &Section, grouped: GroupBy) -> ReportSection {
    let names = Names::of(section);
    let (summary, detail) = match grouped {
        GroupBy::Customer => (
            section.customers.iter().map(|one| by_year(one, &names)).collect(),
            section.customers.iter().map(|one| by_month(one, &names)).collect(),
        ),
        GroupBy::Month => (
            section
                .years
                .iter()
                .map(|one| of_customers(one.year.to_string(), one, &names))
                .collect(),
            section.years.iter().flat_map(|one| months(one, &names)).collect(),
        ),
    };
    ReportSection {
        currency: section.currency.clone(),
        total: section.sum.total,
        of_it: vec![
            ("of it still to be paid", section.sum.owed),
            ("of it written off", section.sum.written_off),
        ],
        summary,
        detail,
    }
}

fn by_year(customer: &OfCustomer, names: &Names) -> ReportGroup {
    let rows = customer.years.iter().map(|one| (one.year.to_string(), one.sum.total));
    ReportGroup {
        title: names.printed(customer),
        total: customer.sum.total,
        rows: rows.collect(),
    }
}

fn by_month(customer: &OfCustomer, names: &Names) -> ReportGroup {
    let months = |year: &OfYear| {
        let name = year.year;
        let rows = year
            .months
            .iter()
            .map(move |one| (month_name(name, one.month), one.sum.total));
        rows.collect::<Vec<_>>()
    };
    ReportGroup {
        title: names.printed(customer),
        total: customer.sum.total,
        rows: customer.years.iter().flat_map(months).collect(),
    }
}

fn of_customers(title: String, year: &OfYear, names: &Names) -> ReportGroup {
    let rows = year.customers.iter().map(|one| (names.printed(one), one.sum.total));
    ReportGroup {
        title,
        total: year.sum.total,
        rows: rows.collect(),
    }
}

fn months(year: &OfYear, names: &Names) -> Vec<ReportGroup> {
    let group = |one: &OfMonth| ReportGroup {
        title: month_name(year.year, one.month),
        total: one.sum.total,
        rows: one
            .customers
            .iter()
            .map(|own| (names.printed(own), own.sum.total))
            .collect(),
    };
    year.months.iter().map(group).collect()
}

/// `2015 August`
fn month_name(year: i32, month: u32) -> String {
    let day = NaiveDate::from_ymd_opt(year, month, 1);
    day.map_or_else(|| year.to_string(), |day| day.format("%Y %B").to_string())
}
