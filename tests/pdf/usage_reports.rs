//! What a usage report says.

use nodeconductor_billing::pdf::UsageResource;
use rust_decimal::{Decimal, dec};

use crate::fixtures::{meter, server_usage, usage_report};
use crate::reader;

#[tokio::test]
async fn a_usage_report_names_hours_quantity_rate_amount_and_days() {
    let page = reader::usage(
        "usage",
        usage_report((0..4).map(|n| server_usage(&format!("web-{n:02}"), n)).collect()),
    )
    .await;
    page.shows("Usage report for invoice 1042");
    page.shows("Storage");
    page.shows("744 15,267.5 GB/h 0.00015 2.29");
    page.shows("page 1 of 1");
    assert!(page.rendered.replaced.is_empty());
}

#[tokio::test]
async fn usage_without_a_price_has_no_sum() {
    let mut resource = server_usage("new", 3);
    (resource.meters[0].rate, resource.meters[0].amount) = (None, None);
    let page = reader::usage("usage-unrated", usage_report(vec![resource])).await;
    page.shows_not("Subtotal");
    page.shows_not("Total");
}

#[tokio::test]
async fn many_resources_run_over_pages_with_the_same_bytes_each_time() {
    let report = || usage_report((0..60).map(|n| server_usage(&format!("node-{n:02}"), n)).collect());
    let page = reader::usage("usage-60-resources", report()).await;
    let pages = page.rendered.pages;
    assert!(pages > 3);
    page.shows(&format!("page {pages} of {pages}"));
    assert_eq!(
        page.rendered,
        reader::usage("usage-60-resources", report()).await.rendered
    );
}

#[tokio::test]
async fn odd_periods_and_names_are_printed() {
    let idle = meter("Idle", "hours", dec!(1), vec![Decimal::ZERO; 31]);
    let none = meter("No days", "", dec!(0.000000001), vec![]);
    let resource = UsageResource {
        name: "חברת #1 \"x\" 🚀".repeat(8),
        meters: vec![idle, none],
        ..UsageResource::default()
    };
    let page = reader::usage("usage-odd", usage_report(vec![resource, UsageResource::default()])).await;
    page.shows("0.000000001");
    assert_eq!(page.rendered.replaced, ['🚀']);
    reader::usage("usage-empty", usage_report(vec![]))
        .await
        .shows("Cost of usage 0.00 EUR");
}
