//! A month of usage as money: whole blocks, cents, late usage, usage taken back.

use rust_decimal::dec;

use super::bench::{BEGIN, Bench};
use super::{ends, window};

#[tokio::test]
async fn months_are_billed_alike_by_the_model() {
    Box::pin(all(&Bench::modelled(13).await)).await;
}

#[tokio::test]
async fn months_are_billed_alike_by_the_real_server() {
    Box::pin(all(&Bench::own(13).await)).await;
}

/// Together through the months: February, March, April and May.
async fn all(bench: &Bench) {
    futures::join!(
        usage_is_rounded_up_to_blocks_and_to_cents(bench),
        late_usage_is_billed_with_its_own_dates(bench),
        usage_taken_back_parks_the_account_until_it_grows(bench),
        window::usage_two_periods_back_is_billed_and_older_usage_never(bench),
        window::a_beginning_in_the_past_is_billed_from_there(bench),
        window::a_late_beginning_beside_an_old_subscription(bench),
        window::an_end_inside_a_month_closes_a_month_of_the_account(bench),
        ends::an_end_in_the_open_month(bench),
        ends::an_end_before_what_is_invoiced(bench),
        ends::an_end_where_the_invoices_end(bench),
        ends::an_end_that_is_told_ahead(bench),
        ends::a_beginning_and_an_end_on_one_day(bench),
        ends::an_end_on_the_first_day_of_a_month(bench),
    );
}

async fn usage_is_rounded_up_to_blocks_and_to_cents(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-01T00:00:00Z").await;
    let hours = [
        ("2030-01-05T10:30:00Z", dec!(0.25)),
        ("2030-01-05T11:30:00Z", dec!(4.5)),
        ("2030-01-31T23:30:00Z", dec!(0.246913578)),
    ];
    customer.use_up(machine, "a", "cpu", &hours).await;
    customer
        .use_up(
            machine,
            "b",
            "cpu",
            &[("2030-01-06T10:30:00Z", dec!(-1)), ("2030-01-06T10:30:00Z", dec!(1))],
        )
        .await;
    customer
        .use_up(machine, "c", "ram", &[("2030-01-06T10:30:00Z", dec!(6.1))])
        .await;
    customer
        .use_up(machine, "odd", "bananas", &[("2030-01-06T10:30:00Z", dec!(5))])
        .await;
    assert_eq!(customer.charged_through(machine).await, None);
    customer.reach("2030-02-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await,
        [
            "up to 2030-02-01: 0 zero, 0.17 of [a b c]",
            "- machine-cpu 2030-01-01 to 2030-02-01 = 5x0.0125 = 0.06",
            "- machine-ram 2030-01-01 to 2030-02-01 = 10x0.01 3x0.004 = 0.11"
        ]
    );
    assert_eq!(customer.charged_through(machine).await.as_deref(), Some("2030-02-01"));
    let seen = customer
        .kb
        .subscriptions()
        .account_charged_through(customer.account)
        .await;
    assert_eq!(seen, Ok("2030-02-01".parse().ok()));
    customer.reach("2030-03-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await[3..],
        ["up to 2030-03-01: 2 zero, 0 of []"],
        "a month of nothing is billed too"
    );
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.reach("2030-05-01T04:00:00Z").await;
}

async fn late_usage_is_billed_with_its_own_dates(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-01T00:00:00Z").await;
    customer
        .cpu(machine, "in time", "2030-01-05T10:30:00Z", dec!(10.5))
        .await;
    customer.reach("2030-02-01T04:00:00Z").await;
    customer
        .cpu(machine, "begun block", "2030-01-07T10:30:00Z", dec!(0.5))
        .await;
    customer.reach("2030-03-01T04:00:00Z").await;
    customer.cpu(machine, "late", "2030-01-07T10:30:00Z", dec!(10)).await;
    customer.reach("2030-04-01T04:00:00Z").await;
    assert_eq!(
        customer.billed().await,
        [
            "up to 2030-02-01: 1 zero, 0.14 of [in time]",
            "- machine-cpu 2030-01-01 to 2030-02-01 = 11x0.0125 = 0.14",
            "up to 2030-03-01: 2 zero, 0 of [begun block]",
            "up to 2030-04-01: 2 zero, 0.13 of [late]",
            "- machine-cpu 2030-01-01 to 2030-02-01 = 10x0.0125 = 0.13"
        ]
    );
    customer.reach("2030-05-01T04:00:00Z").await;
}

async fn usage_taken_back_parks_the_account_until_it_grows(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2030-01-01T00:00:00Z").await;
    customer.cpu(machine, "a", "2030-01-05T10:30:00Z", dec!(100)).await;
    customer.reach("2030-02-01T04:00:00Z").await;
    assert!(!customer.is_parked().await);
    customer.cpu(machine, "back", "2030-01-05T10:30:00Z", dec!(-50)).await;
    customer.cpu(machine, "february", "2030-02-05T10:30:00Z", dec!(1)).await;
    customer.reach("2030-03-01T04:00:00Z").await;
    assert!(customer.is_parked().await);
    assert_eq!(customer.billed().await.len(), 2, "nothing is billed any more");
    customer.cpu(machine, "again", "2030-01-05T10:30:00Z", dec!(60)).await;
    let day = super::bench::at(BEGIN).date_naive() + chrono::Months::new(2);
    customer.kb.invoices().trigger(customer.account, day).await.unwrap();
    assert!(!customer.is_parked().await);
    assert_eq!(
        customer.billed().await[2..],
        [
            "up to 2030-03-20: 1 zero, 0.14 of [again back february]",
            "- machine-cpu 2030-01-01 to 2030-02-01 = 10x0.0125 = 0.13",
            "- machine-cpu 2030-02-01 to 2030-03-01 = 1x0.0125 = 0.01"
        ]
    );
    customer.reach("2030-04-01T04:00:00Z").await;
    customer.reach("2030-05-01T04:00:00Z").await;
}
