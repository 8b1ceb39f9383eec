//! What an invoice says.

use nodeconductor_billing::pdf::{InvoiceDocument, Line, Period, Status};
use rust_decimal::{Decimal, dec};

use crate::fixtures::{charge, day, invoice, large, line, machine, ordinary, project};
use crate::reader;

#[tokio::test]
async fn an_invoice_names_parties_lines_subtotals_and_the_total() {
    let page = reader::invoice("invoice", ordinary()).await;
    for part in [
        "Northern Cloud OÜ",
        "Žalgirio tyrimų institutas",
        "10042",
        "1 – 31 January 2026",
        "15 February 2026",
    ] {
        page.shows(part);
    }
    page.shows("CPU 5,952 hours 0.0125 74.40");
    page.shows("Subtotal Web shop 319.11 EUR");
    page.shows("Goodwill credit for the outage on 12 January −25.00");
    page.shows("Total 388.08 EUR");
    page.shows("CPU, web-01 +0.004 EUR");
    page.shows("page 1 of 1");
    assert_eq!((page.rendered.pages, page.rendered.replaced.len()), (1, 0));
}

#[tokio::test]
async fn the_same_document_gives_the_same_bytes() {
    let first = reader::invoice("invoice-again", ordinary()).await;
    let second = reader::invoice("invoice-again", ordinary()).await;
    assert_eq!(first.rendered, second.rendered);
    let mut other = ordinary();
    other.notes.push("Changed.".into());
    assert_ne!(
        reader::invoice("invoice-other", other).await.rendered.pdf,
        first.rendered.pdf
    );
}

#[tokio::test]
async fn five_hundred_lines_run_over_numbered_pages() {
    let page = reader::invoice("invoice-500-lines", large(167, 4)).await;
    let pages = page.rendered.pages;
    assert!(pages > 8, "{pages} pages");
    for number in 1..=pages {
        page.shows(&format!("page {number} of {pages}"));
    }
    assert_eq!(page.count("Subtotal Project 3"), 1);
    assert!(page.count("Project 3 (continued)") >= 1, "{}", page.text);
    for machine in ["vm-000", "vm-083", "vm-166"] {
        assert_eq!(page.count(machine), 1, "{machine}");
    }
}

#[tokio::test]
async fn a_resource_with_many_lines_is_named_again_but_its_amount_is_not() {
    let mut busy = machine("busy", 1);
    busy.lines = (0..130)
        .map(|n| line(&format!("Licence {n}"), dec!(1), "hours", dec!(1)))
        .collect();
    let page = reader::invoice(
        "invoice-long-resource",
        invoice("7", vec![project("One", vec![busy])], vec![]),
    )
    .await;
    assert!(
        page.count("busy OpenStack.Instance · Tartu cloud (continued)") >= 2,
        "{}",
        page.text
    );
    assert_eq!(page.count("130.00"), 4, "{}", page.text.replace(' ', ""));
}

#[tokio::test]
async fn a_difference_to_the_lines_is_named() {
    let mut doc = ordinary();
    doc.total += dec!(0.01);
    let page = reader::invoice("invoice-difference", doc).await;
    page.shows("Sum of the lines 388.08 EUR");
    page.shows("Difference to the amount charged 0.01 EUR");
    page.shows("Total 388.09 EUR");
}

#[tokio::test]
async fn a_paid_part_leads_to_the_amount_due() {
    let mut doc = ordinary();
    doc.balance = Some(dec!(54.50));
    doc.settled = vec![("Paid", dec!(-300)), ("Refunded", dec!(0))];
    let page = reader::invoice("invoice-part-paid", doc).await;
    page.shows("Paid −300.00 EUR Settled otherwise −33.58 EUR Amount due 54.50 EUR");
    page.shows_not("Refunded");
    assert_eq!(page.count("Amount due"), 2);
    assert_eq!(page.count("54.50 EUR"), 2);
}

#[tokio::test]
async fn drafts_paid_and_void_invoices_are_stamped() {
    for (status, stamp) in [(Status::Draft, "DRAFT"), (Status::Paid, "PAID"), (Status::Void, "VOID")] {
        let balance = (status != Status::Draft).then_some(Decimal::ZERO);
        let page = reader::invoice(
            &format!("invoice-{stamp}"),
            InvoiceDocument {
                status,
                balance,
                ..ordinary()
            },
        )
        .await;
        page.shows(stamp);
        assert_eq!(
            page.count("IBAN") == 0,
            status != Status::Paid,
            "a {stamp} invoice asks for money"
        );
    }
    reader::invoice("invoice", ordinary()).await.shows_not("DRAFT");
}

#[tokio::test]
async fn currencies_keep_their_own_decimals() {
    let mut rial = invoice(
        "OMR-1",
        vec![project("Muscat", vec![])],
        vec![charge("Support", dec!(1234.5))],
    );
    rial.currency = "OMR".into();
    reader::invoice("invoice-omr", rial).await.shows("Total 1,234.500 OMR");
    let mut yen = invoice("JPY-1", vec![], vec![charge("Support", dec!(1234567))]);
    yen.currency = "JPY".into();
    reader::invoice("invoice-jpy", yen).await.shows("Total 1,234,567 JPY");
}

#[tokio::test]
async fn an_invoice_without_lines_is_still_an_invoice() {
    let mut doc = invoice("0", vec![], vec![]);
    (doc.due_date, doc.period) = (None, None);
    (doc.payment, doc.notes) = (vec![], vec![]);
    reader::invoice("invoice-empty", doc).await.shows("Total 0.00 EUR");
}

#[tokio::test]
async fn lines_of_nothing_are_counted_and_other_periods_and_notes_are_told() {
    let mut server = machine("idle", 1);
    server.lines.push(line("Backup", dec!(0), "hours", dec!(1)));
    server.lines.push(line("Snapshots", dec!(0), "hours", dec!(1)));
    server.lines.push(Line {
        period: Some(Period {
            start: day(2025, 12, 15),
            end: day(2026, 1, 1),
        }),
        note: Some("reported late".into()),
        ..line("CPU", dec!(0.123456789), "hours", dec!(1))
    });
    let page = reader::invoice("invoice-details", invoice("8", vec![project("", vec![server])], vec![])).await;
    page.shows("2 items without use or charge");
    page.shows_not("Snapshots");
    page.shows("15 – 31 December 2025 · reported late");
    page.shows("0.123456789");
    page.shows("Without project");
}
