//! Whatever a name is written in, and however long it is: no text reaches an amount, a date or the edge, in any column of
//! any document, and each script has all its glyphs.

use nodeconductor_billing::domain::report::GroupBy;
use nodeconductor_billing::pdf::{
    Fact, InvoiceDocument, Party, ReportDocument, ReportGroup, ReportSection, RoundingNote, UsageDocument,
};
use rust_decimal::{Decimal, dec};

use crate::fixtures::{charge, day, invoice, line, machine, meter, ordinary, project, server_usage, usage_report};
use crate::reader::{self, Page};
use crate::scripts::{SCRIPTS, unbroken};

fn party(name: &str) -> Party {
    Party {
        name: name.into(),
        native_name: Some(format!("{name} ")),
        number: Some(name.into()),
        contact: vec![name.into(), "Street 1".into()],
    }
}

/// The name in every place that takes one.
fn full(name: &str, projects: usize) -> InvoiceDocument {
    let named = |name: &str| {
        let mut machine = machine(name, 1);
        (machine.service, machine.kind) = (Some(name.into()), Some(name.into()));
        let mut extra = line(name, dec!(1), name, dec!(1));
        extra.note = Some(name.into());
        machine.lines.push(extra);
        machine
    };
    let projects = (0..projects)
        .map(|_| project(name, (0..3).map(|_| named(name)).collect()))
        .collect();
    let mut doc = invoice(
        "1042",
        projects,
        vec![charge(name, dec!(-25)), charge("Other", dec!(1))],
    );
    (doc.issuer, doc.customer) = (party(name), party(name));
    doc.payment.push(Fact::new(name, name));
    doc.notes.push(name.into());
    let note = || RoundingNote {
        name: name.into(),
        amount: dec!(-0.0032),
    };
    doc.rounding = vec![note(), note()];
    doc
}

fn usage(name: &str) -> UsageDocument {
    let mut resource = server_usage(name, 1);
    (resource.project, resource.service) = (Some(name.into()), Some(name.into()));
    resource
        .meters
        .push(meter(name, name, dec!(0.0125), vec![dec!(24); 31]));
    let mut doc = usage_report(vec![resource]);
    (doc.issuer, doc.customer) = (party(name), party(name));
    doc.notes.push(name.into());
    doc
}

fn report(name: &str) -> ReportDocument {
    let group = || ReportGroup {
        title: name.into(),
        total: dec!(1234567.89),
        rows: (0..3).map(|n| (name.to_owned(), Decimal::from(n))).collect(),
    };
    ReportDocument {
        grouped_by: GroupBy::Customer,
        year: None,
        date: day(2026, 3, 1),
        issuer: party(name),
        about: party(name),
        facts: vec![Fact::new("Invoices", "4"), Fact::new(name, name)],
        sections: vec![ReportSection {
            currency: "EUR".into(),
            total: dec!(1234567.89),
            of_it: vec![("of it still to be paid", dec!(1234567.89))],
            summary: vec![group()],
            detail: vec![group()],
        }],
    }
}

fn ordinary_of(name: &str) -> InvoiceDocument {
    let mut doc = ordinary();
    doc.customer.name = name.into();
    doc
}

/// An invoice, a usage report and a cost report.
async fn each(sample: &str, name: &str) -> [Page; 3] {
    [
        reader::invoice(&format!("layout-invoice-{sample}"), full(name, 1)).await,
        reader::usage(&format!("layout-usage-{sample}"), usage(name)).await,
        reader::report(&format!("layout-report-{sample}"), report(name)).await,
    ]
}

async fn hold(sample: &str, name: &str) {
    for page in each(sample, name).await {
        page.keeps_its_places(sample);
        assert!(
            page.rendered.replaced.is_empty(),
            "{sample}: {:?}",
            page.rendered.replaced
        );
    }
}

#[tokio::test]
async fn every_script_has_its_glyphs_and_stays_in_its_place() {
    for script in SCRIPTS {
        hold(script.name, script.sample).await;
        if script.ordered {
            let page = reader::invoice("layout-read", ordinary_of(script.sample)).await;
            page.shows(script.sample);
        }
    }
}

#[tokio::test]
async fn words_without_any_place_to_break_stay_in_their_columns() {
    for script in SCRIPTS {
        hold(&format!("{}-unbroken", script.name), &unbroken(script.letters, 200)).await;
    }
}

#[tokio::test]
async fn the_lengths_that_ran_over_before_stay_in_their_columns() {
    for (sample, name) in [
        ("24-wide", "W".repeat(24)),
        ("24-full-width", "Ｗ".repeat(24)),
        ("120-hebrew", "ש".repeat(120)),
        ("200-georgian", "ღ".repeat(200)),
        ("200-mixed", "x1".repeat(100)),
        ("ligatures", "ﬁﬄ".repeat(40)),
        ("phrases", "ﷺ".repeat(8)),
        ("words", "Institute for the Advancement of Very Long Names ".repeat(4)),
        ("marks", format!("e{} ", "\u{301}\u{323}".repeat(40)).repeat(10)),
    ] {
        hold(sample, &name).await;
        let page = reader::invoice(&format!("layout-summary-{sample}"), full(&name, 3)).await;
        page.keeps_its_places(sample);
    }
}

#[tokio::test]
async fn emoji_are_replaced_visibly_and_stay_in_their_columns() {
    for page in each("emoji", &"🚀👩‍🚀🥙".repeat(40)).await {
        page.keeps_its_places("emoji");
        page.shows("□□□");
        assert!(page.rendered.replaced.contains(&'🚀'));
    }
}

/// The widest that a ledger of nine decimals and Kill Bill's columns can bring together.
#[tokio::test]
async fn the_longest_numbers_stay_in_their_columns() {
    let long = dec!(744999999999.123456789);
    let mut doc = ordinary();
    for line in &mut doc.projects[0].resources[0].lines {
        (line.quantity, line.rate, line.amount) = (Some(long), Some(dec!(999999.123456789)), dec!(-123456789012.34));
        line.unit = "gigabyte-hours of replicated storage".into();
    }
    doc.total = -doc.difference() + doc.total;
    (doc.balance, doc.rounding[0].amount) = (
        Some(dec!(79228162514264337593543950.33)),
        dec!(-79228162514264337593543950.33),
    );
    reader::invoice("layout-numbers", doc).await.keeps_its_places("invoice");

    let mut resource = server_usage("web-01", 1);
    for meter in &mut resource.meters {
        (meter.hours, meter.quantity) = (u32::MAX, long);
        (meter.rate, meter.amount) = (Some(dec!(999999.123456789)), Some(dec!(-123456789012.34)));
    }
    let mut doc = usage_report(vec![resource]);
    doc.total = Some(dec!(79228162514264337593543950.33));
    reader::usage("layout-usage-numbers", doc)
        .await
        .keeps_its_places("usage");

    let mut doc = report("Alice");
    doc.sections[0].summary[0].total = dec!(79228162514264337593543950.33);
    doc.sections[0].total = dec!(-79228162514264337593543950.33);
    reader::report("layout-report-numbers", doc)
        .await
        .keeps_its_places("report");
}
