//! The invoice in print: its head and the order of its parts.

mod lines;
mod sums;

use serde::Serialize;
use serde_json::Value;

use super::{Common, FactView, Figure, Stamp, about, fact, paragraphs};
use crate::pdf::fonts::Fonts;
use crate::pdf::format::{date, money, period};
use crate::pdf::invoice::{InvoiceDocument, Status};
use lines::{Group, Other, Printer};
use sums::{SummaryRow, Total, rounding, summary, totals};

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
        payment: if payable(doc.status) {
            doc.payment.iter().map(FactView::from).collect()
        } else {
            Vec::new()
        },
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
    let (text, colour) = match status {
        Status::Issued => return (None, None),
        Status::Draft => ("DRAFT", "#8a5a00"),
        Status::Paid => ("PAID", "#1b6e3c"),
        Status::Void => ("VOID", "#a3262a"),
        Status::WrittenOff => ("WRITTEN OFF", "#a3262a"),
        Status::PaymentFailed => ("PAYMENT FAILED", "#a3262a"),
        Status::Refunded => ("REFUNDED", "#8a5a00"),
        Status::ChargedBack => ("CHARGED BACK", "#a3262a"),
    };
    let across = matches!(status, Status::Draft | Status::Void).then_some(text);
    (Some(Stamp { text, colour }), across)
}

/// Nobody should pay by a draft or a void invoice.
fn payable(status: Status) -> bool {
    !matches!(status, Status::Draft | Status::Void)
}

fn figure(doc: &InvoiceDocument) -> Figure {
    let of_total = |what: &str| format!("of {}{what}", money(doc.total, &doc.currency));
    let (label, note) = match (doc.status, doc.due_date) {
        (Status::Draft, _) => ("Total so far", "not an invoice yet".to_owned()),
        (Status::Void, _) => ("Amount due", "this invoice was voided".to_owned()),
        (Status::Paid, _) => ("Amount due", of_total("")),
        (Status::WrittenOff, _) => ("Amount due", of_total(", written off")),
        (Status::Refunded | Status::ChargedBack, _) if doc.due().is_zero() => {
            ("Amount due", "the payment was given back".to_owned())
        }
        (_, Some(due)) => ("Amount due", format!("due {}", date(due))),
        (_, None) => ("Amount due", String::new()),
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
