//! Corrections and late hours by their class, on a Kill Bill whose clock is moved from month to month.

use std::time::Duration;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use super::world::{Settling, prices};
use crate::delivery_cases::world::PLAN;
use crate::support::killbill_server::OwnServer;

/// Moves Kill Bill to the morning after the day, waits until it has billed the machine up to it, and reads its invoices.
pub async fn bill(settling: &Settling, resource: Uuid, day: &str) {
    let day: NaiveDate = day.parse().unwrap();
    let then = day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(30);
    settling.world.kb.clock().set(then).await.unwrap();
    let billed = async {
        while settling.world.subscription(resource, PLAN).await.charged_through_date != Some(day) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), billed)
        .await
        .expect("Kill Bill bills the month");
    settling.world.later(TimeDelta::days(28));
    settling.mirror().await;
}

#[tokio::test]
async fn every_class_of_correction_moves_its_money_once_and_parks_nobody() {
    let server = OwnServer::at("2027-01-10T06:00:00Z", "").await;
    let settling = Settling::with(&server.api_url, &[prices()]).await;
    let world = &settling.world;

    // Before it is sent: replaced. After it was sent, in the open month: a difference, up or down.
    let resource = settling
        .used(&[("cpu", 0, dec!(400)), ("cpu", 1, dec!(4)), ("disk", 0, dec!(300))])
        .await;
    world.correct(resource, &[("cpu", 0, dec!(300))]).await;
    world.pass().await;
    world
        .correct(resource, &[("cpu", 0, dec!(200)), ("cpu", 1, dec!(5))])
        .await;
    world.pass().await;
    assert_eq!(settling.settle().await.fixed, 0, "an open month travels as usage");
    bill(&settling, resource, "2027-02-01").await;

    // Invoiced: more travels as late usage, less becomes a credit at the price that was billed.
    world
        .correct(
            resource,
            &[("cpu", 0, dec!(100)), ("cpu", 1, dec!(9)), ("disk", 0, dec!(50))],
        )
        .await;
    world.pass().await;
    let report = settling.settle().await;
    assert_eq!((report.fixed, report.posted, report.records), (1, 1, 2));
    // 100 hours at 0.0125; of the disk's 300 GB hours 100 cost 0.0002 and 200 cost 0.0001: 0.04 was billed, 0.01 is left.
    assert_eq!(settling.moved().await, [dec!(-1.25), dec!(-0.03)]);
    bill(&settling, resource, "2027-03-01").await;
    let late = settling.invoices().await.pop().unwrap();
    let billed: Decimal = late.items.iter().map(|item| item.amount).sum();
    assert_eq!(billed, dec!(0.05), "four late hours at 0.0125");

    for month in ["2027-04-01", "2027-05-01"] {
        world.push(resource, &[("cpu", 24 * 62, dec!(1))]).await;
        world.pass().await;
        bill(&settling, resource, month).await;
    }
    // Older than Kill Bill's two periods: both ways by hand. January holds 109 CPU hours by now.
    world.push(resource, &[("cpu", 5, dec!(7))]).await;
    world.correct(resource, &[("disk", 0, dec!(20))]).await;
    world.pass().await;
    let report = settling.settle().await;
    assert_eq!((report.fixed, report.records, report.failures), (2, 2, 0));
    let moved = settling.moved().await;
    assert_eq!(
        moved[2..],
        [dec!(0.09), dec!(-0.01)],
        "7 × 0.0125 with the cents of before; 30 GB hours less"
    );
    // And a correction of the correction: only what is new, and no cent is kept.
    world
        .correct(resource, &[("cpu", 5, dec!(0)), ("cpu", 0, dec!(200))])
        .await;
    world.pass().await;
    settling.settle().await;
    let moved = settling.moved().await;
    assert_eq!(
        moved.iter().sum::<Decimal>(),
        dec!(-0.04),
        "cpu is where it was: {moved:?}"
    );
    assert!(
        world
            .states(resource)
            .await
            .iter()
            .all(|state| state == "verified" || state == "billed")
    );
    assert!(settling.mirror().await.iter().all(|verdict| verdict == "balanced"));
    settling.assert_not_parked().await;
}
