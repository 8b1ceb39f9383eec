//! Where somebody blocks the billing, and what else a catalog may say that nobody pays for: Kill Bill's invoice is the judge.

use rust_decimal::dec;

use super::corrections::bill;
use super::terms::{assert_nothing_open, billed, evergreen, in_may, instant, line, own_server, usage, version};
use crate::delivery_cases::world::PLAN;
use crate::support::killbill_server::block;

const DAY: i64 = 24;

#[tokio::test]
async fn paused_hours_stay_here_and_what_follows_is_billed() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let catalog = version("2027-01-01", None, &evergreen(&usage("vm-cpu", "cpu", "1")));
    let settling = in_may(&server, &[catalog]).await;
    let world = &settling.world;
    let resource = settling.used(&[("cpu", 0, dec!(1))]).await;
    world.pass().await;
    let subscription = world.subscription(resource, PLAN).await.subscription_id;
    for (blocks, at) in [(true, "2027-05-10T00:00:00Z"), (false, "2027-05-13T00:00:00Z")] {
        block(&world.connection, ("subscriptions", subscription), blocks, at).await;
    }
    world
        .push(
            resource,
            &[
                ("cpu", 9 * DAY, dec!(8)),
                ("cpu", 12 * DAY - 1, dec!(8)),
                ("cpu", 12 * DAY, dec!(2)),
            ],
        )
        .await;
    world.pass().await;
    assert_eq!(
        world.states(resource).await,
        ["verified", "billing-paused", "billing-paused", "verified"]
    );
    bill(&settling, resource, "2027-06-01").await;
    assert_eq!(
        billed(&settling).await,
        [line("2027-05-01", dec!(1)), line("2027-05-13", dec!(2))]
    );
    assert_nothing_open(&settling).await;
}

#[tokio::test]
async fn a_tier_of_no_blocks_is_passed_by() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let tier = |price: &str, max: &str| {
        format!(
            "<tier><blocks><tieredBlock><unit>cpu</unit><size>1</size><prices><price><currency>USD</currency><value>{price}</value></price></prices>\
             <max>{max}</max></tieredBlock></blocks></tier>"
        )
    };
    // 3.2 are four blocks: one at 1 and three at 3, or all at 3.
    for (policy, due) in [("ALL_TIERS", dec!(10)), ("TOP_TIER", dec!(12))] {
        let tiers = [tier("7", "0"), tier("1", "1"), tier("3", "-1")].concat();
        let section = format!(
            r#"<usage name="vm-cpu" billingMode="IN_ARREAR" usageType="CONSUMABLE" tierBlockPolicy="{policy}"><billingPeriod>MONTHLY</billingPeriod>
               <tiers>{tiers}</tiers></usage>"#
        );
        let settling = in_may(&server, &[version("2027-01-01", None, &evergreen(&section))]).await;
        let resource = settling.used(&[("cpu", 0, dec!(3.2))]).await;
        settling.world.pass().await;
        assert_eq!(settling.world.states(resource).await, ["verified"]);
        bill(&settling, resource, "2027-06-01").await;
        assert_eq!(billed(&settling).await, [line("2027-05-01", due)], "{policy}");
        assert_nothing_open(&settling).await;
        settling
            .world
            .kb
            .clock()
            .set(instant("2027-05-20T06:00:00Z"))
            .await
            .unwrap();
    }
}

/// Blocks may hold for an account or a bundle as well, and lie inside each other.
#[tokio::test]
async fn a_pause_of_the_account_or_the_bundle_is_one_of_the_subscription() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let catalog = version("2027-01-01", None, &evergreen(&usage("vm-cpu", "cpu", "1")));
    for level in ["accounts", "bundles"] {
        let settling = in_may(&server, std::slice::from_ref(&catalog)).await;
        let world = &settling.world;
        let resource = settling.used(&[("cpu", 0, dec!(1))]).await;
        world.pass().await;
        let seen = world.subscription(resource, PLAN).await;
        let whole = if level == "accounts" {
            seen.account_id
        } else {
            seen.bundle_id
        };
        for (level, id, blocks, at) in [
            (level, whole, true, "2027-05-10T00:00:00Z"),
            ("subscriptions", seen.subscription_id, true, "2027-05-11T00:00:00Z"),
            ("subscriptions", seen.subscription_id, false, "2027-05-13T00:00:00Z"),
            (level, whole, false, "2027-05-15T00:00:00Z"),
        ] {
            block(&world.connection, (level, id), blocks, at).await;
        }
        let hours = [9 * DAY, 12 * DAY - 1, 12 * DAY, 14 * DAY - 1, 14 * DAY].map(|hour| ("cpu", hour, dec!(2)));
        world.push(resource, &hours).await;
        world.pass().await;
        assert_eq!(
            world.states(resource).await,
            [
                "verified",
                "billing-paused",
                "billing-paused",
                "billing-paused",
                "billing-paused",
                "verified"
            ],
            "{level}"
        );
        bill(&settling, resource, "2027-06-01").await;
        assert_eq!(
            billed(&settling).await,
            [line("2027-05-01", dec!(1)), line("2027-05-15", dec!(2))]
        );
        assert_nothing_open(&settling).await;
        world.kb.clock().set(instant("2027-05-20T06:00:00Z")).await.unwrap();
    }
}
