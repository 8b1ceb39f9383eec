//! The lines of the invoice, under their projects and resources.

use serde::Serialize;

use crate::pdf::format::{amount, minor_digits, money, period};
use crate::pdf::invoice::{InvoiceDocument, Line, Project, Resource};
use crate::pdf::view::{Aligned, Column, about};

/// The name of the group that no resource belongs to.
pub const OTHER: &str = "Other charges and credits";

#[derive(Serialize)]
pub struct Group {
    name: String,
    amount: String,
    resources: Vec<ResourceView>,
}

#[derive(Serialize)]
pub struct ResourceView {
    name: String,
    about: String,
    amount: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
pub struct Row {
    label: String,
    note: String,
    quantity: Option<Aligned>,
    unit: String,
    rate: Option<Aligned>,
    amount: String,
}

#[derive(Serialize)]
pub struct Other {
    name: &'static str,
    amount: String,
    rows: Vec<Row>,
}

/// Knows the currency and the columns' decimals.
pub struct Printer<'a> {
    doc: &'a InvoiceDocument,
    quantities: Column,
    rates: Column,
}

impl<'a> Printer<'a> {
    pub fn new(doc: &'a InvoiceDocument) -> Self {
        let quantities = Column::of(doc.lines().filter_map(|line| line.quantity.as_ref()), 0);
        let rates = Column::of(
            doc.lines().filter_map(|line| line.rate.as_ref()),
            minor_digits(&doc.currency),
        );
        Self { doc, quantities, rates }
    }

    pub fn group(&self, project: &Project) -> Group {
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

    pub fn other(&self) -> Other {
        Other {
            name: OTHER,
            amount: money(self.doc.other_amount(), &self.doc.currency),
            rows: self.doc.other.iter().map(|line| self.row(line)).collect(),
        }
    }
}
