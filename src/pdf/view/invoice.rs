//! The invoice in print: groups with their subtotals, the totals, and what rounding did.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use super::{Aligned, Column, Common, FactView, Figure, Stamp, about, fact, paragraphs};
use crate::pdf::fonts::Fonts;
use crate::pdf::format::{amount, date, minor_digits, money, period, signed_money};
use crate::pdf::invoice::{InvoiceDocument, Line, Project, Resource, Status};

/// With more lines, and several projects, page one sums up and the lines follow on their own pages.
const SHORT: usize = 24;
const MOST_ROUNDING: usize = 8;

#[derive(Serialize)]
struct InvoiceView<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    summary: Vec<SummaryRow>,
    groups: Vec<Group>,
    other: Other,
    totals: Vec<Total>,
    rounding: Vec<FactView>,
    payment: Vec<FactView>,
}

#[derive(Serialize)]
struct SummaryRow {
    name: String,
    count: String,
    amount: String,
}

#[derive(Serialize)]
struct Group {
    name: String,
    amount: String,
    resources: Vec<ResourceView>,
}

#[derive(Serialize)]
struct ResourceView {
    name: String,
    about: String,
    amount: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    label: String,
    note: String,
    quantity: Option<Aligned>,
    unit: String,
    rate: Option<Aligned>,
    amount: String,
}

#[derive(Serialize)]
struct Other {
    name: &'static str,
    amount: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Total {
    label: String,
    value: String,
    strong: bool,
}

/// The data of `invoice.typ`.
pub fn view(doc: &InvoiceDocument, fonts: &Fonts) -> Value {
    let printer = Printer::new(doc);
    let view = InvoiceView {
        common: common(doc, fonts),
        summary: summary(doc),
        groups: doc
            .projects
            .iter()
            .filter(|project| project.lines().next().is_some())
            .map(|p| printer.group(p))
            .collect(),
        other: printer.other(),
        totals: totals(doc),
        rounding: rounding(doc),
        payment: doc.payment.iter().map(FactView::from).collect(),
    };
    serde_json::to_value(view).unwrap_or_default()
}

fn common<'a>(doc: &InvoiceDocument, fonts: &'a Fonts) -> Common<'a> {
    let (stamp, watermark) = stamps(doc.status);
    Common {
        families: &fonts.families,
        title: format!("Invoice {}", doc.number),
        author: doc.issuer.name.clone(),
        date: doc.invoice_date.into(),
        heading: "Invoice",
        subheading: format!("No. {}", doc.number),
        stamp,
        watermark,
        figure: figure(doc),
        issuer: (&doc.issuer).into(),
        customer_label: "Billed to",
        customer: (&doc.customer).into(),
        facts: facts(doc),
        footer: about([Some(&format!("Invoice {}", doc.number)), Some(&date(doc.invoice_date))]),
        currency: doc.currency.clone(),
        notes: doc.notes.iter().flat_map(|note| paragraphs(note)).collect(),
    }
}

fn stamps(status: Status) -> (Option<Stamp>, Option<&'static str>) {
    match status {
        Status::Issued => (None, None),
        Status::Draft => (
            Some(Stamp {
                text: "DRAFT",
                colour: "#8a5a00",
            }),
            Some("DRAFT"),
        ),
        Status::Paid => (
            Some(Stamp {
                text: "PAID",
                colour: "#1b6e3c",
            }),
            None,
        ),
        Status::Void => (
            Some(Stamp {
                text: "VOID",
                colour: "#a3262a",
            }),
            Some("VOID"),
        ),
    }
}

fn figure(doc: &InvoiceDocument) -> Figure {
    let (label, note) = match (doc.status, doc.due_date) {
        (Status::Draft, _) => ("Total so far", "not an invoice yet".to_owned()),
        (Status::Void, _) => ("Amount due", "this invoice was voided".to_owned()),
        (Status::Paid, _) => ("Amount due", format!("of {}", money(doc.total, &doc.currency))),
        (Status::Issued, Some(due)) => ("Amount due", format!("due {}", date(due))),
        (Status::Issued, None) => ("Amount due", String::new()),
    };
    let value = if doc.status == Status::Draft {
        doc.total
    } else {
        doc.due()
    };
    Figure {
        label,
        value: money(value, &doc.currency),
        note,
    }
}

fn facts(doc: &InvoiceDocument) -> Vec<FactView> {
    let mut facts = vec![fact("Invoice date", date(doc.invoice_date))];
    facts.extend(doc.due_date.map(|due| fact("Due date", date(due))));
    facts.extend(doc.period.map(|days| fact("Period (UTC)", period(days))));
    facts.extend(
        doc.customer
            .number
            .as_ref()
            .map(|number| fact("Customer number", number.clone())),
    );
    facts
}

fn summary(doc: &InvoiceDocument) -> Vec<SummaryRow> {
    if doc.projects.len() < 2 || doc.lines().count() <= SHORT {
        return Vec::new();
    }
    let row = |name: &str, count: String, sum: Decimal| SummaryRow {
        name: name.to_owned(),
        count,
        amount: amount(sum, &doc.currency),
    };
    let projects = doc.projects.iter();
    let mut rows: Vec<SummaryRow> = projects
        .map(|project| row(&project.name, project.resources.len().to_string(), project.amount()))
        .collect();
    if !doc.other.is_empty() {
        rows.push(row(OTHER, String::new(), doc.other_amount()));
    }
    rows
}

const OTHER: &str = "Other charges and credits";

fn totals(doc: &InvoiceDocument) -> Vec<Total> {
    let row = |label: String, value: Decimal, strong: bool| Total {
        label,
        value: money(value, &doc.currency),
        strong,
    };
    let mut rows = Vec::new();
    let difference = doc.difference();
    if !difference.is_zero() {
        rows.push(row("Sum of the lines".into(), doc.total - difference, false));
        rows.push(row("Difference to the amount charged".into(), difference, false));
    }
    rows.push(row("Total".into(), doc.total, true));
    let settled = doc.due() - doc.total;
    if !settled.is_zero() {
        let why = if doc.status == Status::Void {
            "Voided"
        } else {
            "Paid, credited or written off"
        };
        rows.push(row(why.into(), settled, false));
        rows.push(row("Amount due".into(), doc.due(), true));
    }
    rows
}

/// The first few by name, all others in one sum.
fn rounding(doc: &InvoiceDocument) -> Vec<FactView> {
    let row = |name: &str, sum: Decimal| fact(name, signed_money(sum, &doc.currency));
    let named = if doc.rounding.len() > MOST_ROUNDING {
        MOST_ROUNDING - 1
    } else {
        MOST_ROUNDING
    };
    let (first, rest) = doc.rounding.split_at(named.min(doc.rounding.len()));
    let mut rows: Vec<FactView> = first.iter().map(|note| row(&note.name, note.amount)).collect();
    if !rest.is_empty() {
        rows.push(row(
            &format!("{} more lines", rest.len()),
            rest.iter().map(|note| note.amount).sum(),
        ));
    }
    rows
}

/// Knows the currency and the columns' decimals.
struct Printer<'a> {
    doc: &'a InvoiceDocument,
    quantities: Column,
    rates: Column,
}

impl<'a> Printer<'a> {
    fn new(doc: &'a InvoiceDocument) -> Self {
        let quantities = Column::of(doc.lines().filter_map(|line| line.quantity.as_ref()), 0);
        let rates = Column::of(
            doc.lines().filter_map(|line| line.rate.as_ref()),
            minor_digits(&doc.currency),
        );
        Self { doc, quantities, rates }
    }

    fn group(&self, project: &Project) -> Group {
        Group {
            name: if project.name.is_empty() {
                "Without project".into()
            } else {
                project.name.clone()
            },
            amount: money(project.amount(), &self.doc.currency),
            resources: project
                .resources
                .iter()
                .filter(|r| !r.lines.is_empty())
                .map(|r| self.resource(r))
                .collect(),
        }
    }

    fn resource(&self, resource: &Resource) -> ResourceView {
        let (free, charged): (Vec<&Line>, Vec<&Line>) = resource.lines.iter().partition(|line| line.is_nothing());
        let mut rows: Vec<Row> = charged.into_iter().map(|line| self.row(line)).collect();
        if let Some(folded) = self.folded(free.len()) {
            rows.push(folded);
        }
        ResourceView {
            name: resource.name.clone(),
            about: about([resource.kind.as_deref(), resource.service.as_deref()]),
            amount: amount(resource.amount(), &self.doc.currency),
            rows,
        }
    }

    /// Lines of nothing for nothing are only counted.
    fn folded(&self, count: usize) -> Option<Row> {
        let label = match count {
            0 => return None,
            1 => "1 item without use or charge".to_owned(),
            _ => format!("{count} items without use or charge"),
        };
        Some(self.row(&Line {
            label,
            ..Line::default()
        }))
    }

    fn row(&self, line: &Line) -> Row {
        let days = line.period.map(period);
        Row {
            label: line.label.clone(),
            note: about([days.as_deref(), line.note.as_deref()]),
            quantity: line.quantity.map(|quantity| self.quantities.quantity(quantity)),
            unit: line.unit.clone(),
            rate: line.rate.map(|rate| self.rates.rate(rate, &self.doc.currency)),
            amount: amount(line.amount, &self.doc.currency),
        }
    }

    fn other(&self) -> Other {
        Other {
            name: OTHER,
            amount: money(self.doc.other_amount(), &self.doc.currency),
            rows: self.doc.other.iter().map(|line| self.row(line)).collect(),
        }
    }
}
