//! What Kill Bill says a subscription is charged through can go back: a run after its end that finds late usage only tells the
//! end of that usage's period. What was invoiced stays invoiced here.

use std::time::Duration;

use chrono::NaiveDate;
use rust_decimal::dec;

use super::corrections::bill;
use super::terms::{assert_nothing_open, billed, evergreen, in_may, instant, line, own_server, usage, version};
use super::world::Settling;
use crate::delivery_cases::world::PLAN;

const JUNE: i64 = 31 * 24;

async fn wait_for_line(settling: &Settling, lines: usize) {
    let there = async {
        while billed(settling).await.len() < lines {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), there)
        .await
        .expect("Kill Bill bills it");
}

/// Found by seed 1881 of the judge. Kill Bill would park the account for a correction downwards of what it has invoiced.
#[tokio::test]
async fn late_usage_after_an_end_opens_nothing_that_was_invoiced() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let sections = usage("vm-cpu", "cpu", "1");
    let settling = in_may(&server, &[version("2027-01-01", None, &evergreen(&sections))]).await;
    let resource = settling.used(&[("cpu", 0, dec!(5))]).await;
    settling.world.pass().await;
    bill(&settling, resource, "2027-06-01").await;
    settling.world.push(resource, &[("cpu", JUNE + 5, dec!(7))]).await;
    settling.world.pass().await;
    settling.world.terminate(resource, settling.world.hour(JUNE + 26)).await;
    settling.world.pass().await;
    wait_for_line(&settling, 2).await;
    settling.world.push(resource, &[("cpu", 10, dec!(3))]).await;
    settling.world.pass().await;
    settling
        .world
        .kb
        .clock()
        .set(instant("2027-07-02T06:00:00Z"))
        .await
        .unwrap();
    wait_for_line(&settling, 3).await;
    let told = settling.world.subscription(resource, PLAN).await.charged_through_date;
    assert_eq!(told, NaiveDate::from_ymd_opt(2027, 6, 1), "back from the 2nd");

    settling.world.correct(resource, &[("cpu", JUNE + 5, dec!(4))]).await;
    settling.mirror().await;
    settling.world.pass().await;
    let states = settling.world.states(resource).await;
    assert_eq!(
        states.last().map(String::as_str),
        Some("correction-after-invoice"),
        "{states:?}"
    );
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(-3)]);
    let lines = [
        ("2027-05-01", dec!(3)),
        ("2027-05-01", dec!(5)),
        ("2027-06-01", dec!(7)),
    ];
    assert_eq!(billed(&settling).await, lines.map(|(day, amount)| line(day, amount)));
    assert_nothing_open(&settling).await;
}
