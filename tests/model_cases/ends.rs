//! How a subscription ends, and what is billed then.

use nodeconductor_billing::killbill::Error;
use rust_decimal::dec;

use super::bench::{Bench, at};

pub async fn an_end_in_the_open_month(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-05T08:00:00Z").await;
    customer.cpu(machine, "a", "2030-01-20T09:30:00Z", dec!(8)).await;
    customer
        .kb
        .subscriptions()
        .cancel(machine, at("2030-01-20T11:00:00Z"))
        .await
        .unwrap();
    assert_eq!(
        customer.billed().await,
        [
            "up to 2030-01-20: 1 zero, 0.1 of [a]",
            "- machine-cpu 2030-01-05 to 2030-01-20 = 8x0.0125 = 0.10"
        ]
    );
    customer.cpu(machine, "late", "2030-01-20T10:30:00Z", dec!(8)).await;
    let refused = customer
        .post(machine, "too late", "cpu", &[("2030-01-20T11:30:00Z", dec!(1))])
        .await;
    assert!(
        matches!(refused, Err(Error::Stranger { status: 400, .. })),
        "{refused:?}"
    );
    customer.reach("2030-02-01T04:00:00Z").await;
    customer.reach("2030-03-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await[2..],
        [
            "up to 2030-02-01: 0 zero, 0.1 of [late]",
            "- machine-cpu 2030-01-05 to 2030-01-20 = 8x0.0125 = 0.10",
        ]
    );
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.reach("2030-05-01T04:00:00Z").await;
}

/// Told in February that it ended in January, which is invoiced.
pub async fn an_end_before_what_is_invoiced(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-01T00:00:00Z").await;
    customer.cpu(machine, "a", "2030-01-05T10:30:00Z", dec!(80)).await;
    customer.reach("2030-02-01T04:00:00Z").await;
    customer
        .kb
        .subscriptions()
        .cancel(machine, at("2030-01-15T11:00:00Z"))
        .await
        .unwrap();
    customer.cpu(machine, "late", "2030-01-10T10:30:00Z", dec!(40)).await;
    customer.reach("2030-03-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await,
        [
            "up to 2030-02-01: 1 zero, 1 of [a]",
            "- machine-cpu 2030-01-01 to 2030-02-01 = 80x0.0125 = 1.00",
        ],
        "not billed again, and what comes late is never billed"
    );
    assert!(!customer.is_parked().await);
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.reach("2030-05-01T04:00:00Z").await;
}

/// Told in February that it ended with January: what comes late is billed, as long as there are runs.
pub async fn an_end_where_the_invoices_end(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-01T00:00:00Z").await;
    customer.cpu(machine, "a", "2030-01-05T10:30:00Z", dec!(80)).await;
    customer.reach("2030-02-01T04:00:00Z").await;
    customer
        .kb
        .subscriptions()
        .cancel(machine, at("2030-02-01T00:00:00Z"))
        .await
        .unwrap();
    // The run of the end itself is over before the usage comes.
    customer.kb.clock().wait_for_queues().await.unwrap();
    customer.cpu(machine, "late", "2030-01-10T10:30:00Z", dec!(40)).await;
    customer.reach("2030-03-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await[2..],
        [
            "up to 2030-03-01: 0 zero, 0.5 of [late]",
            "- machine-cpu 2030-01-01 to 2030-02-01 = 40x0.0125 = 0.50",
        ]
    );
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.cpu(machine, "later", "2030-01-10T10:30:00Z", dec!(40)).await;
    let day = "2030-04-01".parse().unwrap();
    customer.kb.invoices().trigger(customer.account, day).await.unwrap();
    assert_eq!(customer.billed().await.len(), 6);
    customer.reach("2030-05-01T04:00:00Z").await;
}

/// In January, for the end of a day to come.
pub async fn an_end_that_is_told_ahead(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-01T00:00:00Z").await;
    customer
        .kb
        .subscriptions()
        .cancel(machine, at("2030-01-25T00:00:00Z"))
        .await
        .unwrap();
    customer.cpu(machine, "a", "2030-01-24T23:30:00Z", dec!(8)).await;
    assert_eq!(customer.billed().await, [""; 0]);
    customer.reach("2030-02-01T04:00:00Z").await;
    // The clock leaps over both days: the real server bills the end by its own date, or with February's run.
    let billed = customer.billed().await;
    assert!(
        [
            "up to 2030-01-25: 1 zero, 0.1 of [a]",
            "up to 2030-02-01: 1 zero, 0.1 of [a]"
        ]
        .contains(&billed[0].as_str()),
        "{billed:?}"
    );
    assert_eq!(
        billed[1..],
        ["- machine-cpu 2030-01-01 to 2030-01-25 = 8x0.0125 = 0.10"]
    );
    customer.reach("2030-03-01T04:00:00Z").await;
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.reach("2030-05-01T04:00:00Z").await;
}

pub async fn a_beginning_and_an_end_on_one_day(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-20T08:00:00Z").await;
    customer.cpu(machine, "a", "2030-01-20T09:30:00Z", dec!(8)).await;
    customer
        .kb
        .subscriptions()
        .cancel(machine, at("2030-01-20T11:00:00Z"))
        .await
        .unwrap();
    customer.reach("2030-02-01T04:00:00Z").await;
    customer.reach("2030-03-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await,
        [
            "up to 2030-01-20: 1 zero, 0.1 of [a]",
            "- machine-cpu 2030-01-20 to 2030-01-20 = 8x0.0125 = 0.10",
        ]
    );
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.reach("2030-05-01T04:00:00Z").await;
}

/// The end of the month before is billed already: its last day is a period of its own.
pub async fn an_end_on_the_first_day_of_a_month(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-01T00:00:00Z").await;
    customer.cpu(machine, "a", "2030-01-05T10:30:00Z", dec!(80)).await;
    customer.reach("2030-02-01T04:00:00Z").await;
    customer.cpu(machine, "b", "2030-02-01T01:30:00Z", dec!(8)).await;
    customer
        .kb
        .subscriptions()
        .cancel(machine, at("2030-02-01T03:00:00Z"))
        .await
        .unwrap();
    customer.reach("2030-03-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await[2..],
        [
            "up to 2030-02-01: 1 zero, 0.1 of [b]",
            "- machine-cpu 2030-02-01 to 2030-02-01 = 8x0.0125 = 0.10",
        ]
    );
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.reach("2030-05-01T04:00:00Z").await;
}
