//! How far back Kill Bill looks for usage, and from where it begins.

use rust_decimal::dec;

use super::bench::{Bench, at};

pub async fn usage_two_periods_back_is_billed_and_older_usage_never(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-01T00:00:00Z").await;
    customer.reach("2030-02-01T04:00:00Z").await;
    customer.reach("2030-03-01T04:00:00Z").await;
    customer.cpu(machine, "two back", "2030-01-05T10:30:00Z", dec!(8)).await;
    customer.reach("2030-04-01T04:00:00Z").await;
    customer
        .cpu(machine, "three back", "2030-01-05T10:30:00Z", dec!(80))
        .await;
    customer.reach("2030-05-01T04:00:00Z").await;
    let billed = customer.billed().await;
    assert_eq!(
        billed,
        [
            "up to 2030-02-01: 2 zero, 0 of []",
            "up to 2030-03-01: 2 zero, 0 of []",
            "up to 2030-04-01: 2 zero, 0.1 of [two back]",
            "- machine-cpu 2030-01-01 to 2030-02-01 = 8x0.0125 = 0.10",
            "up to 2030-05-01: 2 zero, 0 of []"
        ]
    );
}

pub async fn a_beginning_in_the_past_is_billed_from_there(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2029-10-01T00:00:00Z").await;
    for (id, hour) in [
        ("october", "2029-10-05T10:30:00Z"),
        ("november", "2029-11-05T10:30:00Z"),
        ("december", "2029-12-05T10:30:00Z"),
        ("january", "2030-01-05T10:30:00Z"),
    ] {
        customer.cpu(machine, id, hour, dec!(8)).await;
    }
    customer.reach("2030-02-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await,
        [
            "up to 2029-11-01: 2 zero, 0 of []",
            "up to 2029-12-01: 2 zero, 0 of []",
            "up to 2030-01-01: 2 zero, 0 of []",
            "up to 2030-02-01: 1 zero, 0.3 of [december january november]",
            "- machine-cpu 2029-11-01 to 2029-12-01 = 8x0.0125 = 0.10",
            "- machine-cpu 2029-12-01 to 2030-01-01 = 8x0.0125 = 0.10",
            "- machine-cpu 2030-01-01 to 2030-02-01 = 8x0.0125 = 0.10",
        ],
        "October lies more than two months behind the invoices that were made when it began"
    );
    customer.reach("2030-03-01T04:00:00Z").await;
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.reach("2030-05-01T04:00:00Z").await;
}

/// How far back usage is read is the account's, not the subscription's.
pub async fn a_late_beginning_beside_an_old_subscription(bench: &Bench) {
    let customer = bench.customer().await;
    let old = customer.subscribe("2030-01-01T00:00:00Z").await;
    customer.cpu(old, "old", "2030-01-05T10:30:00Z", dec!(8)).await;
    customer.reach("2030-02-01T04:00:00Z").await;
    customer.reach("2030-03-01T04:00:00Z").await;
    customer.reach("2030-04-01T04:00:00Z").await;
    let new = customer.subscribe("2030-01-01T00:00:00Z").await;
    for (id, hour) in [
        ("january", "2030-01-05T10:30:00Z"),
        ("february", "2030-02-05T10:30:00Z"),
        ("march", "2030-03-05T10:30:00Z"),
        ("april", "2030-04-01T02:30:00Z"),
    ] {
        customer.cpu(new, id, hour, dec!(8)).await;
    }
    customer.reach("2030-05-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await[2..],
        [
            "up to 2030-03-01: 2 zero, 0 of []",
            "up to 2030-04-01: 2 zero, 0 of []",
            "up to 2030-04-01: 2 zero, 0 of []",
            "up to 2030-05-01: 4 zero, 0.3 of [april february march]",
            "- machine-cpu 2030-02-01 to 2030-03-01 = 8x0.0125 = 0.10",
            "- machine-cpu 2030-03-01 to 2030-04-01 = 8x0.0125 = 0.10",
            "- machine-cpu 2030-04-01 to 2030-05-01 = 8x0.0125 = 0.10",
        ],
        "January lies behind what the account's other subscription was billed for"
    );
}

/// An invoice up to the middle of a month moves the limit of the whole account into the middle of another: what counts is
/// where a period begins, so that one is no longer looked at as a whole, its hours behind the limit included.
pub async fn an_end_inside_a_month_closes_a_month_of_the_account(bench: &Bench) {
    let customer = bench.customer().await;
    let whole = customer.subscribe("2029-11-01T00:00:00Z").await;
    let short = customer.subscribe("2030-01-10T08:00:00Z").await;
    customer.cpu(whole, "in time", "2029-11-20T10:30:00Z", dec!(8)).await;
    customer
        .kb
        .subscriptions()
        .cancel(short, at("2030-01-15T11:00:00Z"))
        .await
        .unwrap();
    customer.kb.clock().wait_for_queues().await.unwrap();
    let part = customer.subscribe("2029-11-18T00:00:00Z").await;
    for (id, hour) in [
        ("november", "2029-11-20T10:30:00Z"),
        ("december", "2029-12-05T10:30:00Z"),
    ] {
        customer.cpu(whole, id, hour, dec!(80)).await;
        customer.cpu(part, &format!("part of {id}"), hour, dec!(8)).await;
    }
    customer.reach("2030-02-01T04:00:00Z").await;
    customer.reach("2030-03-01T04:00:00Z").await;
    customer.reach("2030-04-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await,
        [
            "up to 2029-12-01: 2 zero, 0 of []",
            "up to 2030-01-01: 2 zero, 0 of []",
            "up to 2030-01-15: 2 zero, 0.1 of [in time]",
            "- machine-cpu 2029-11-01 to 2029-12-01 = 8x0.0125 = 0.10",
            "up to 2030-01-15: 2 zero, 0 of []",
            "up to 2030-02-01: 5 zero, 1.2 of [december part of december part of november]",
            "- machine-cpu 2029-11-18 to 2029-12-01 = 8x0.0125 = 0.10",
            "- machine-cpu 2029-12-01 to 2030-01-01 = 8x0.0125 = 0.10",
            "- machine-cpu 2029-12-01 to 2030-01-01 = 80x0.0125 = 1.00",
            "up to 2030-03-01: 4 zero, 0 of []",
            "up to 2030-04-01: 4 zero, 0 of []",
        ],
        "the end was billed up to 15 January: periods that begin before 15 November are not looked at again"
    );
    customer.reach("2030-05-01T04:00:00Z").await;
}
