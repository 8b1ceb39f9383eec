//! The annual report in print: groups with their totals, rows numbered from 1 in each group.

use serde::Serialize;
use serde_json::Value;

use super::{Common, FactView, Figure, about, fact};
use crate::domain::report::GroupBy;
use crate::pdf::fonts::Fonts;
use crate::pdf::format::{amount, date, money};
use crate::pdf::report::{ReportDocument, ReportGroup, ReportSection};

#[derive(Serialize)]
struct ReportView<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    rows_are: [&'static str; 2],
    sections: Vec<SectionView>,
}

#[derive(Serialize)]
struct SectionView {
    currency: String,
    total: String,
    of_it: Vec<FactView>,
    summary: Vec<GroupView>,
    detail: Vec<GroupView>,
}

#[derive(Serialize)]
struct GroupView {
    title: String,
    total: String,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct RowView {
    number: String,
    label: String,
    amount: String,
}

/// The data of `report.typ`.
pub fn view(doc: &ReportDocument, fonts: &Fonts) -> Value {
    let view = ReportView {
        common: common(doc, fonts),
        rows_are: match doc.grouped_by {
            GroupBy::Month => ["Customer", "Customer"],
            GroupBy::Customer => ["Year", "Month"],
        },
        sections: doc.sections.iter().map(section).collect(),
    };
    serde_json::to_value(view).unwrap_or_default()
}

fn common<'a>(doc: &ReportDocument, fonts: &'a Fonts) -> Common<'a> {
    let heading = match doc.grouped_by {
        GroupBy::Month => "Cost report by month",
        GroupBy::Customer => "Cost report by customer",
    };
    let years = doc.year.map_or_else(|| "All years".to_owned(), |year| year.to_string());
    let mut facts = vec![fact("Date", date(doc.date)), fact("Invoices of", years.clone())];
    facts.extend(doc.facts.iter().map(Into::into));
    Common {
        families: &fonts.families,
        title: format!("{heading}, {}", years.to_lowercase()),
        author: doc.issuer.name.clone(),
        date: doc.date.into(),
        heading,
        subheading: years.clone(),
        stamp: None,
        watermark: None,
        figure: figure(doc, &years),
        issuer: (&doc.issuer).into(),
        customer_label: "Customers",
        customer: (&doc.about).into(),
        facts,
        footer: about([Some(heading), Some(&years)]),
        currency: String::new(),
        notes: notes(doc),
    }
}

/// Currencies are never added up, so several have no common figure.
fn figure(doc: &ReportDocument, years: &str) -> Figure {
    let value = match doc.sections.as_slice() {
        [] => "–".to_owned(),
        [only] => money(only.total, &only.currency),
        several => format!("{} currencies", several.len()),
    };
    Figure {
        label: "Total",
        value,
        note: years.to_owned(),
    }
}

fn notes(doc: &ReportDocument) -> Vec<String> {
    let what = if doc.sections.is_empty() {
        "There are no invoices to report."
    } else {
        "Amounts as invoiced, by invoice date; drafts and voided invoices are left out. Currencies are not added up."
    };
    vec![what.to_owned()]
}

fn section(section: &ReportSection) -> SectionView {
    let groups = |groups: &[ReportGroup]| groups.iter().map(|one| group(one, &section.currency)).collect();
    let of_it = section.of_it.iter().filter(|(_, amount)| !amount.is_zero());
    SectionView {
        currency: section.currency.clone(),
        total: money(section.total, &section.currency),
        of_it: of_it
            .map(|(what, amount)| fact(what, money(*amount, &section.currency)))
            .collect(),
        summary: groups(&section.summary),
        detail: groups(&section.detail),
    }
}

fn group(group: &ReportGroup, currency: &str) -> GroupView {
    let rows = (1..)
        .zip(&group.rows)
        .map(|(number, (label, value)): (u32, _)| RowView {
            number: number.to_string(),
            label: label.clone(),
            amount: amount(*value, currency),
        });
    GroupView {
        title: group.title.clone(),
        total: amount(group.total, currency),
        rows: rows.collect(),
    }
}
