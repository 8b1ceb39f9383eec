//! What a cost report says.

use nodeconductor_billing::domain::report::GroupBy;
use nodeconductor_billing::pdf::{Fact, Party, ReportDocument, ReportGroup, ReportSection};
use rust_decimal::{Decimal, dec};

use crate::fixtures::{day, issuer};
use crate::reader;

fn group(title: &str, rows: &[(&str, Decimal)]) -> ReportGroup {
    ReportGroup {
        title: title.to_owned(),
        total: rows.iter().map(|(_, amount)| amount).sum(),
        rows: rows
            .iter()
            .map(|(label, amount)| ((*label).to_owned(), *amount))
            .collect(),
    }
}

fn report(grouped_by: GroupBy, sections: Vec<ReportSection>) -> ReportDocument {
    let about = Party {
        name: "2".into(),
        ..Party::default()
    };
    ReportDocument {
        grouped_by,
        year: None,
        date: day(2026, 3, 1),
        issuer: issuer(),
        about,
        facts: vec![Fact::new("Invoices", "4")],
        sections,
    }
}

fn section(currency: &str, summary: Vec<ReportGroup>, detail: Vec<ReportGroup>) -> ReportSection {
    ReportSection {
        currency: currency.to_owned(),
        total: summary.iter().map(|group| group.total).sum(),
        of_it: Vec::new(),
        summary,
        detail,
    }
}

#[tokio::test]
async fn by_customer_each_total_stands_beside_its_customer_and_the_rows_are_numbered() {
    let bob = [("2026", dec!(7))];
    let alice = [("2026", dec!(20.5)), ("2025", dec!(1100))];
    let summary = vec![group("Bob", &bob), group("Žalgiris & \"Õ\" #items", &alice)];
    let detail = vec![
        group("Bob", &[("2026 January", dec!(7))]),
        group(
            "Žalgiris & \"Õ\" #items",
            &[("2026 January", dec!(20.5)), ("2025 August", dec!(1100))],
        ),
    ];
    let page = reader::report(
        "cost-report-by-customer",
        report(GroupBy::Customer, vec![section("EUR", summary, detail)]),
    )
    .await;
    page.shows("Cost report by customer");
    page.shows("Bob 7.00 1 2026 7.00 Žalgiris & \"Õ\" #items 1,120.50 1 2026 20.50 2 2025 1,100.00");
    page.shows("Total 1,127.50 EUR");
    page.shows("Detailed report in EUR");
    page.shows("2 2025 August 1,100.00");
    assert!(page.rendered.replaced.is_empty());
}

#[tokio::test]
async fn currencies_have_sections_of_their_own_and_no_common_sum() {
    let one = |currency: &str, amount| {
        let month = [("Alice", amount)];
        section(
            currency,
            vec![group("2026", &month)],
            vec![group("2026 January", &month)],
        )
    };
    let page = reader::report(
        "cost-report-by-month",
        report(GroupBy::Month, vec![one("EUR", dec!(5)), one("OMR", dec!(1.125))]),
    )
    .await;
    page.shows("Cost report by month");
    page.shows("2 currencies");
    page.shows("Total 1.125 OMR");
    page.shows_not("6.125");
    let empty = reader::report("cost-report-empty", report(GroupBy::Month, vec![])).await;
    empty.shows("There are no invoices to report.");
}

/// An amount that is printed twice looks like two.
#[tokio::test]
async fn a_group_that_runs_over_pages_is_named_on_each_and_its_sum_stands_once() {
    let labels: Vec<String> = (0..120).map(|n| format!("Customer {n:03}")).collect();
    let rows: Vec<(&str, Decimal)> = labels.iter().map(|label| (&**label, dec!(1.01))).collect();
    let month = || vec![group("2026 January", &rows)];
    let document = report(
        GroupBy::Month,
        vec![section("EUR", vec![group("2026", &rows)], month())],
    );
    let page = reader::report("cost-report-long-month", document).await;
    page.shows("2026 January (continued)");
    assert_eq!(
        page.count("121.20"),
        4,
        "at the head, of the year, the total, of the month"
    );
}

#[tokio::test]
async fn many_customers_run_over_pages() {
    let groups = || {
        (0..200)
            .map(|n| group(&format!("Customer {n:03}"), &[("2026", dec!(1)), ("2025", dec!(2))]))
            .collect::<Vec<_>>()
    };
    let document = || report(GroupBy::Customer, vec![section("EUR", groups(), groups())]);
    let page = reader::report("cost-report-200-customers", document()).await;
    assert!(page.rendered.pages > 8);
    page.shows("Total 600.00 EUR");
    assert_eq!(
        page.rendered,
        reader::report("cost-report-200-customers", document()).await.rendered,
        "the same bytes each time"
    );
}
